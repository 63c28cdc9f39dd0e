"""Public texts as documents of 2 000 to 10 000 tokens: from Debian packages that are unpacked into a cache folder (not
installed, never committed), from this project's own files, and from logs that are made on the spot."""

import dataclasses
import getpass
import gzip
import logging
import pathlib
import re
import subprocess
import sys
import tempfile

# What each is used for; all are in Debian's main section.
PACKAGES = ("bible-kjv", "bible-kjv-text", "dict-foldoc", "dict-jargon", "debian-policy", "debian-history", "debian-faq",
            "developers-reference", "miscfiles", "r-cran-zoo", "r-cran-sandwich", "r-cran-strucchange", "r-cran-lme4")
PROSE = ("prose", "paper", "manual", "dictionary", "markdown")  # kinds of sentences rather than lines
SIZES = (9_000, 16_000, 34_000)  # characters: about 2 000, 4 000 and 8 000 tokens


@dataclasses.dataclass(frozen=True)
class Document:
    name: str
    kind: str
    text: str


def fetch(folder):
    """Unpacks what is missing; the folder that has them all."""
    folder.mkdir(parents=True, exist_ok=True)
    for package in PACKAGES:
        target = folder / package
        if target.is_dir():
            continue
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            command = ["apt-get", "-q", "-o", f"APT::Sandbox::User={getpass.getuser()}", "download", package]
            done = subprocess.run(command, cwd=scratch, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                sys.exit(f"apt-get could not download {package} (are its lists read? apt-get update): {done.stderr.strip()}")
            archive = next(pathlib.Path(scratch).glob("*.deb"))
            unpacked = pathlib.Path(scratch, "unpacked")
            subprocess.run(["dpkg-deb", "-x", str(archive), str(unpacked)], check=True)
            unpacked.rename(target)
    return folder


def read(path):
    data = path.read_bytes()
    if path.suffix in (".gz", ".dz"):
        data = gzip.decompress(data)
    return data.decode("utf-8", errors="replace").replace("\r\n", "\n")


def piece(text, size, start=0):
    """About `size` characters from the first paragraph behind `start`, ended at the end of a paragraph."""
    begin = 0 if start == 0 else text.find("\n\n", start) + 2
    end = text.find("\n\n", begin + size)
    return text[begin:end if end > 0 else len(text)].strip() + "\n"


def bible(folder, passage):
    """A passage as paragraphs of prose: the package has it only in a format of its own program's, one verse a line."""
    run = [str(folder / "bible-kjv/usr/bin/bible"), "-f", "-l9999", "-p", str(folder / "bible-kjv-text/usr/lib") + "/", passage]
    lines = subprocess.run(run, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL).stdout.splitlines()
    chapters = {}
    for line in lines:
        verse = re.match(r"\S+?(\d+):\d+ (.*)", line)
        if verse:
            chapters.setdefault(verse.group(1), []).append(verse.group(2).strip())
    return "\n\n".join(" ".join(verses) for verses in chapters.values()) + "\n"


def paper(file):
    """The text of a PDF as its reader would copy it: lines, broken words and page heads included."""
    import pypdf  # pylint: disable=import-outside-toplevel # the unit test of this folder does without it

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # fonts that it does not know
    text = "\n".join(page.extract_text() for page in pypdf.PdfReader(file).pages)
    return re.sub(r"[\x00-\x08\x0b-\x1f]", " ", text)  # of formulas


def entries(text):
    """A dictionary without its head."""
    return text[len(text) // 3:]


def own(root, pattern, size):
    text = ""
    for file in sorted(root.glob(pattern)):
        text += file.read_text(encoding="utf-8") + "\n"
        if len(text) > size:
            break
    return text


def debian_documents(folder):
    share = {package: folder / package / "usr/share" for package in PACKAGES}
    vignettes = [folder / f"r-cran-{name}/usr/lib/R/site-library/{name}/doc/{file}.pdf"
                 for name, file in (("zoo", "zoo"), ("sandwich", "sandwich"), ("strucchange", "strucchange-intro"))]
    policy = read(share["debian-policy"] / "doc/debian-policy/policy.txt.gz")
    reference = read(share["developers-reference"] / "developers-reference/developers-reference.txt.gz")
    faq = read(share["debian-faq"] / "doc/debian/FAQ/debian-faq.en.txt.gz")
    history = read(share["debian-history"] / "doc/debian-history/docs/project-history.en.txt.gz")
    foldoc = entries(read(share["dict-foldoc"] / "dictd/foldoc.dict.dz"))
    jargon = entries(read(share["dict-jargon"] / "dictd/jargon.dict.dz"))
    yield Document("bible: Ruth", "prose", bible(folder, "Ruth1:1-4:22"))
    yield Document("bible: Esther", "prose", bible(folder, "Esther1:1-10:3"))
    yield Document("bible: Acts 1-9", "prose", bible(folder, "Acts1:1-9:43"))
    yield Document("project history", "prose", piece(history, SIZES[2], 6_000))
    yield Document("FAQ, 1st part", "prose", piece(faq, SIZES[1], 14_000))
    yield Document("FAQ, 2nd part", "prose", piece(faq, SIZES[2], 60_000))
    for file, size in zip(vignettes, (SIZES[1], SIZES[2], SIZES[2])):
        yield Document(file.stem, "paper", piece(paper(file).replace("\n \n", "\n\n"), size)[:size])
    yield Document("policy, binary packages", "manual", piece(policy, SIZES[1], policy.find("3.4. The description", 20_000)))
    yield Document("policy, scripts", "manual", piece(policy, SIZES[2], len(policy) // 2))
    yield Document("developers' reference", "manual", piece(reference, SIZES[2], len(reference) // 3))
    yield Document("foldoc", "dictionary", piece(foldoc, SIZES[1], 1))
    yield Document("jargon file", "dictionary", piece(jargon, SIZES[2], 1))
    phones = read(share["miscfiles"] / "misc/na.phone.gz").split("\n")
    yield Document("area codes", "table", "area,city,state,abbreviation\n" + "\n".join(
        line.replace(":", ",") for line in phones[1:700] if line.count(":") == 3) + "\n")
    power = folder / "r-cran-lme4/usr/lib/R/site-library/lme4/testdata/hotpower.csv"
    yield Document("power measurements", "table", "\n".join(read(power).split("\n")[:300]) + "\n")


def own_documents(root):
    yield Document("README of this project", "markdown", piece((root / "README.md").read_text(encoding="utf-8"), SIZES[2]))
    yield Document("READMEs of runtime/", "markdown", own(root, "runtime/*/README.md", SIZES[1]))
    yield Document("sources of runtime/cache", "code", own(root, "runtime/cache/*.cpp", SIZES[1]))
    yield Document("sources of runtime/membership", "code", own(root, "runtime/membership/*.cpp", SIZES[2]))
    yield Document("sources of tools/check", "code", own(root, "tools/check/*.py", SIZES[1]))


def log_documents(weftd_log):
    """This machine's logs, as long as they are there, and what a weftd has just written."""
    for name, size in (("dpkg.log", 18_000), ("apt/term.log", SIZES[1])):
        file = pathlib.Path("/var/log") / name
        if file.is_file() and file.stat().st_size > 2_000:
            text = file.read_text(encoding="utf-8", errors="replace")
            lines = [line.split("\r")[-1] for line in text.split("\n") if line.strip()]  # of a progress bar its last state
            yield Document(name, "log", "\n".join(lines)[-size:].split("\n", 1)[1] + "\n")
    if len(weftd_log) > 2_000:
        yield Document("a weftd's log", "log", weftd_log[-18_000:].split("\n", 1)[1])


def documents(folder, root, weftd_log):
    found = [*debian_documents(fetch(folder)), *own_documents(root), *log_documents(weftd_log)]
    return [d for d in found if len(d.text) > 2_000]
