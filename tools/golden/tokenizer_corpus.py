"""The seeded strings of the tokenizer's golden files. tests/runtime/compute/tokenizer/fuzz_corpus.cpp makes the same
ones: whatever changes here changes there."""

MASK = (1 << 64) - 1
STRINGS = 24_000
SEED = 0x57454654

SCRIPTS = [
    (0x00C0, 0x024F), (0x0250, 0x02FF), (0x0370, 0x03FF), (0x0400, 0x052F), (0x0530, 0x058F), (0x0590, 0x05FF),
    (0x0600, 0x06FF), (0x0700, 0x08FF), (0x0900, 0x0DFF), (0x0E00, 0x0FFF), (0x1000, 0x109F), (0x10A0, 0x10FF),
    (0x1100, 0x11FF), (0x1200, 0x167F), (0x1700, 0x1AAF), (0x1B00, 0x1CFF), (0x1D00, 0x1DBF), (0x1E00, 0x1FFF),
    (0x2000, 0x24FF), (0x2C00, 0x2E7F), (0x3040, 0x30FF), (0x13A0, 0x13FF), (0xA640, 0xA7FF), (0xA800, 0xABFF),
    (0xAC00, 0xD7A3), (0xFB00, 0xFDFF), (0xFE30, 0xFFEF), (0x10000, 0x105FF), (0x11000, 0x118FF), (0x1D000, 0x1D7FF),
    (0x1E900, 0x1E95F),
]
MARKS = [
    (0x0300, 0x036F), (0x0483, 0x0489), (0x0591, 0x05BD), (0x064B, 0x065F), (0x093C, 0x094D), (0x0E31, 0x0E3A),
    (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x20D0, 0x20F0), (0x302A, 0x302F), (0x3099, 0x309A), (0xA953, 0xA953),
    (0xFE00, 0xFE0F), (0xFE20, 0xFE2F), (0x1D165, 0x1D182), (0x1D15E, 0x1D164), (0x1E000, 0x1E02A), (0x1E8D0, 0x1E8D6),
]
IDEOGRAPHS = [
    (0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0xF900, 0xFAFF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F), (0x2B740, 0x2B81F),
    (0x2B820, 0x2CEAF), (0x2F800, 0x2FA1F), (0x2E80, 0x303F), (0x2CEB0, 0x2EBEF), (0x30000, 0x3134F),
]
EMOJI = [
    (0x1F300, 0x1F64F), (0x1F680, 0x1F6FF), (0x1F900, 0x1F9FF), (0x1FA70, 0x1FAFF), (0x2600, 0x27BF),
    (0x1F1E6, 0x1F1FF), (0x1F3FB, 0x1F3FF), (0x200D, 0x200D), (0xFE0F, 0xFE0F),
]
OTHERS = [
    (0x0000, 0x001F), (0x007F, 0x009F), (0x00AD, 0x00AD), (0x200B, 0x200F), (0x2028, 0x202F), (0x205F, 0x206F),
    (0xFEFF, 0xFEFF), (0xFFF9, 0xFFFF), (0xFDD0, 0xFDEF), (0xE000, 0xF8FF), (0xF0000, 0xF0FFF), (0x10FF00, 0x10FFFF),
    (0xE0000, 0xE01FF), (0x0600, 0x0605), (0x061C, 0x061C), (0x180E, 0x180E), (0xE0100, 0xE01EF),
]
SPACES = [0x20, 0x09, 0x0A, 0x0D, 0x0B, 0x0C, 0x85, 0xA0, 0x1680, 0x2003, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000, 0x200B]
PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~0123456789"
SPECIALS = ["[CLS]", "[SEP]", "[PAD]", "[UNK]", "[MASK]", "[cls]", "[CLS", "SEP]", "[[SEP]]", "[ SEP ]", "##ing",
            "[unused1]", "[MASK][MASK]", "[UNK]."]
LONG = [0x61, 0x5A, 0xE9, 0x130, 0xAC01, 0x3B1, 0x302E]


class Random:
    """SplitMix64."""

    def __init__(self, seed):
        self.state = seed & MASK

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def below(self, limit):
        return self.next() % limit

    def of(self, ranges):
        first, last = ranges[self.below(len(ranges))]
        return chr(first + self.below(last - first + 1))


def piece(random, tokens):
    kind = random.below(16)
    if kind <= 1:
        token = tokens[random.below(len(tokens))]
        token = token[2:] if token.startswith("##") else token
        upper = random.below(4)
        if upper == 0:  # ASCII only, so that both languages agree
            token = "".join(c.upper() if c.isascii() else c for c in token)
        return token
    if kind == 2:
        return "".join(chr((65, 97)[random.below(2)] + random.below(26)) for _ in range(1 + random.below(12)))
    if kind == 3:
        return "".join(PUNCTUATION[random.below(len(PUNCTUATION))] for _ in range(1 + random.below(4)))
    if kind == 4:
        return "".join(chr(SPACES[random.below(len(SPACES))]) for _ in range(1 + random.below(3)))
    if kind == 5:
        text = chr(97 + random.below(26))
        return text + "".join(random.of(MARKS) for _ in range(1 + random.below(6)))
    if kind <= 7:
        which = SCRIPTS[random.below(len(SCRIPTS))]
        return "".join(random.of([which]) for _ in range(1 + random.below(8)))
    if kind == 8:
        return "".join(random.of(IDEOGRAPHS) for _ in range(1 + random.below(5)))
    if kind == 9:
        return "".join(random.of(EMOJI) for _ in range(1 + random.below(4)))
    if kind == 10:
        return "".join(random.of(OTHERS) for _ in range(1 + random.below(3)))
    if kind == 11:
        if random.below(4) != 0:
            return chr(97 + random.below(26))
        return chr(LONG[random.below(len(LONG))]) * (90 + random.below(20))
    if kind == 12:
        return SPECIALS[random.below(len(SPECIALS))]
    if kind == 13:
        return "".join(random.of(MARKS) for _ in range(1 + random.below(4)))
    if kind == 14:  # known words with what should vanish inside
        text = ""
        for c in tokens[random.below(len(tokens))]:
            text += c
            if random.below(3) == 0:
                text += random.of(MARKS if random.below(2) == 0 else OTHERS)
        return text
    scalar = random.below(0x110000 - 0x800)
    return chr(scalar if scalar < 0xD800 else scalar + 0x800)


def string(index, tokens):
    random = Random(SEED + index)
    pieces = 1 + random.below(1 << random.below(7))
    text = ""
    for _ in range(pieces):
        text += piece(random, tokens)
        if random.below(2) == 0:
            text += " "
    return text


def hash_ids(values, seed=0xCBF29CE484222325):
    for value in values:
        seed = ((seed ^ value) * 0x9E3779B97F4A7C15) & MASK
        seed ^= seed >> 32
    return seed
