"""Plants facts in a text: single sentences of many forms, each with a question and the words that answer it.

Everything is drawn from a seed, so that a table can use a seed that tuning never saw.
"""

import dataclasses
import random
import re

PLACES = ("northern depot", "old lighthouse", "river station", "museum cellar", "eastern gate", "glass house", "harbour office",
          "chapel roof", "lower quarry", "botanical garden", "signal tower", "freight yard", "weather hut", "print shop",
          "salt mine", "boat shed", "ferry terminal", "grain silo", "observatory", "tannery")
FIRST = ("Marta", "Idris", "Yolanda", "Anselm", "Keiko", "Tobias", "Farida", "Lorcan", "Ingrid", "Mateus", "Soraya", "Piet")
LAST = ("Lindqvist", "Okonkwo", "Haverkamp", "Szabo", "Takahashi", "Delacroix", "Marchetti", "Brannigan", "Vasquez", "Nordahl",
        "Petrosyan", "Achterberg")
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December")
SUBSTANCES = ("copper sulphate", "linseed oil", "quicklime", "beeswax", "saltpetre", "turpentine", "graphite powder")
TREES = ("walnut", "larch", "hornbeam", "juniper", "chestnut", "alder", "rowan", "medlar")
ANIMALS = ("a grey heron", "two pine martens", "a blind donkey", "a flock of starlings", "an otter", "a lame fox")


@dataclasses.dataclass(frozen=True)
class Fact:
    form: str
    sentence: str
    question: str
    answer: str  # verbatim in the sentence


def _name(draw):
    return f"{draw.choice(FIRST)} {draw.choice(LAST)}"


def _code(draw):
    return "".join(draw.choices("ABCDEFGHJKLMNPRSTUVWXYZ", k=3)) + f"-{draw.randrange(100, 1000)}-{draw.choice('KQXZ')}"


def _forms():
    """form → (place, draw) → (sentence, question, answer)"""

    def access_code(place, draw):
        value = str(draw.randrange(10_000, 99_999))
        return f"The access code of the {place} is {value}.", f"What is the access code of the {place}?", value

    def serial(place, draw):
        value = _code(draw)
        return (f"The pump in the {place} carries the serial number {value}.",
                f"Which serial number does the pump in the {place} carry?", value)

    def keeper(place, draw):
        value = _name(draw)
        return f"Only {value} keeps a key to the {place}.", f"Who keeps a key to the {place}?", value

    def opened(place, draw):
        value = f"{draw.randrange(1, 29)} {draw.choice(MONTHS)} {draw.randrange(1790, 1990)}"
        return f"The {place} was opened on {value}.", f"When was the {place} opened?", value

    def depth(place, draw):
        value = f"{draw.randrange(11, 97)}.{draw.randrange(1, 10)} metres"
        return f"The well beneath the {place} is {value} deep.", f"How deep is the well beneath the {place}?", value

    def price(place, draw):
        value = f"{draw.randrange(2, 90)},{draw.randrange(100, 1000)} crowns"
        return f"Repairs of the {place} cost {value}.", f"What did repairs of the {place} cost?", value

    def address(place, draw):
        value = f"{draw.choice(FIRST).lower()}.{draw.choice(LAST).lower()}@example.org"
        return (f"Questions about the {place} go to {value}.", f"Where do questions about the {place} go?", value)

    def path(place, draw):
        value = f"/srv/{place.replace(' ', '_')}/{draw.choice(TREES)}_{draw.randrange(10, 99)}.conf"
        return (f"The alarm of the {place} reads its settings from {value}.",
                f"From which file does the alarm of the {place} read its settings?", value)

    def substance(place, draw):
        value = draw.choice(SUBSTANCES)
        return (f"Three barrels of {value} are stored in the {place}.", f"What is stored in barrels in the {place}?", value)

    def tree(place, draw):
        value = draw.choice(TREES)
        return f"A single {value} grows behind the {place}.", f"Which tree grows behind the {place}?", value

    def animal(place, draw):
        value = draw.choice(ANIMALS)
        return f"Every evening {value} can be seen near the {place}.", f"What can be seen every evening near the {place}?", value

    def share(place, draw):
        value = f"{draw.randrange(3, 97)} percent"
        return (f"The {place} uses {value} of the town's electricity.",
                f"How much of the town's electricity does the {place} use?", value)

    def successor(place, draw):
        value = _name(draw)
        return (f"In the end the council chose {value} as the new warden of the {place}.",
                f"Whom did the council choose as warden of the {place}?", value)

    def phone(place, draw):
        value = f"+44 20 7946 0{draw.randrange(100, 999)}"
        return f"In an emergency, call the {place} at {value}.", f"Which number reaches the {place} in an emergency?", value

    def hours(place, draw):
        value = f"{draw.randrange(5, 11)}:{draw.choice(('15', '30', '45'))} to {draw.randrange(14, 22)}:00"
        return f"Visitors may enter the {place} from {value}.", f"When may visitors enter the {place}?", value

    def version(place, draw):
        value = f"{draw.randrange(1, 9)}.{draw.randrange(0, 20)}.{draw.randrange(0, 40)}"
        return (f"The controller of the {place} still runs firmware {value}.",
                f"Which firmware does the controller of the {place} run?", value)

    return [access_code, serial, keeper, opened, depth, price, address, path, substance, tree, animal, share, successor, phone,
            hours, version]


def make_facts(seed, count):
    """`count` facts about different places, of as many forms as there are."""
    draw = random.Random(seed)
    forms = _forms()
    draw.shuffle(forms)
    places = draw.sample(PLACES, min(count, len(PLACES)))
    facts = []
    for i, place in enumerate(places):
        form = forms[i % len(forms)]
        sentence, question, answer = form(place, draw)
        assert answer in sentence
        facts.append(Fact(form.__name__, sentence, question, answer))
    return facts


def plant(text, sentences, facts, seed):
    """The text with each fact behind a sentence of its own choice.

    sentences: [begin, end) in characters; only those that end like a sentence and are longer than a heading take one.
    """
    draw = random.Random(seed)
    places = [end for begin, end in sentences if end - begin > 40 and re.search(r"[.!?][\"')\]]*$", text[begin:end])]
    if len(places) < len(facts):
        raise ValueError("too few sentences to plant that many facts")
    pieces, last = [], 0
    for end, fact in zip(sorted(draw.sample(places, len(facts))), draw.sample(facts, len(facts))):
        pieces += [text[last:end], " ", fact.sentence]
        last = end
    return "".join(pieces + [text[last:]])


def kept_facts(extract, facts):
    """Of the facts, those whose answer stands in the extract beside what it is about. White space counts as one blank."""
    flat = " ".join(extract.split())
    return [fact for fact in facts if fact.sentence in flat]


# Lines that a reader of a log must not miss, in the words of different programs.
EXCEPTIONS = (
    "ERROR could not write block {n} of /dev/sdb1: Input/output error",
    "kernel: Out of memory: Killed process {n} (backupd)",
    "FATAL: password authentication failed for user \"u{n}\"",
    "panic: runtime error: index out of range [{n}] with length 8",
    "error: checksum mismatch in segment {n}",
    "Traceback (most recent call last): worker {n}",
    "CRITICAL fan {n} stopped, temperature rising",
    "exception: java.net.SocketTimeoutException after {n} ms",
)


def plant_exceptions(text, count, seed):
    """The log with `count` such lines at random places, each begun as the line before it begins (its time); and the lines."""
    draw = random.Random(seed)
    lines = text.split("\n")
    planted = []
    for place, form in zip(sorted(draw.sample(range(1, len(lines)), count), reverse=True), draw.sample(EXCEPTIONS, count)):
        time = re.match(r"[\[\d][\d\-:.,TZ+\[\] ]{7,}", lines[place - 1])
        line = (time.group(0).rstrip() + " " if time else "") + form.format(n=draw.randrange(1_000, 60_000))
        lines.insert(place, line)
        planted.append(line)
    return "\n".join(lines), planted
