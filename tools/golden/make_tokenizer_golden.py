#!/usr/bin/env python3
"""Writes tests/runtime/compute/tokenizer/golden/ with Hugging Face `tokenizers` (version: requirements.txt).

    python3 -m venv /tmp/golden && /tmp/golden/bin/pip install -r tools/golden/requirements.txt
    /tmp/golden/bin/python tools/golden/make_tokenizer_golden.py [--model DIR]

DIR has the model's tokenizer.json and vocab.txt. Takes about two minutes; the result depends on nothing but the
version of `tokenizers`, the model and this folder.
"""
import argparse
import hashlib
import itertools
import os
import pathlib
import struct

import tokenizers
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

import tokenizer_cases
import tokenizer_corpus as corpus

OUT = pathlib.Path(__file__).resolve().parents[2] / "tests/runtime/compute/tokenizer/golden"
LICENSES = pathlib.Path("/usr/share/common-licenses")
BLOCK = 1024  # scalars a hash
TRUNCATED_BLOCK = 1000  # strings a hash
HEADER = f"# Written by tools/golden/make_tokenizer_golden.py with tokenizers {tokenizers.__version__}: do not edit.\n"


def contexts(char):
    """A scalar alone, inside a word, doubled, next to an accent, inside a special token."""
    return [char, "ab" + char + "cd", char + char + "s", "un" + char + "\u0301able", "[CLS" + char + "]"]


def escape(text):
    """Printable ASCII stays, everything else becomes \\u{HEX}."""
    return "".join(c if " " <= c <= "~" and c != "\\" else "\\u{%X}" % ord(c) for c in text)


def ids_of(tokenizer, texts):
    return [e.ids for e in tokenizer.encode_batch_fast(texts)]


def write(name, lines):
    path = OUT / name
    path.write_text(HEADER + "".join(x + "\n" for x in lines), encoding="utf-8")
    print(f"{path.stat().st_size:8d} {name}")


def scalars(tokenizer):
    for first in range(0, 0x110000, BLOCK):
        block = [c for c in range(first, first + BLOCK) if not 0xD800 <= c <= 0xDFFF]
        if block:
            rows = ids_of(tokenizer, [text for c in block for text in contexts(chr(c))])
            yield f"{first:06X} {corpus.hash_ids(itertools.chain(*rows)):016x}"


def truncated(tokenizer, texts, full):
    for tokens_max in (2, 3, 8, 64, 256):
        for side in ("right", "left"):
            tokenizer.enable_truncation(max_length=tokens_max, direction=side)
            rows = ids_of(tokenizer, texts)
            for first in range(0, len(texts), TRUNCATED_BLOCK):
                h = corpus.hash_ids([])
                for i in range(first, min(first + TRUNCATED_BLOCK, len(texts))):
                    h = corpus.hash_ids(rows[i], h)
                    h = corpus.hash_ids([1 if len(full[i]) > tokens_max else 0], h)
                yield f"{tokens_max} {side} {first} {h:016x}"
    tokenizer.no_truncation()


def licenses(tokenizer):
    for path in sorted(LICENSES.iterdir()):
        if path.is_symlink():
            continue
        data = path.read_bytes()
        try:
            text = data.decode()
        except UnicodeDecodeError:
            continue
        ids = tokenizer.encode(text).ids
        yield f"{path.name} {corpus.hash_ids(data):016x} {len(ids)} {corpus.hash_ids(ids):016x}"


def ordering():
    """Marks that stay are put into canonical order. No token of BERT's has one, so this takes a vocabulary that does."""
    marks = ["\u1b44", "\u302e", "\U0001d165", "\U0001d16d", "\u0301", "\u034f", "\u00ad", "\U0001e944", "\U0001d15e"]
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "e"]
    tokens += ["##" + c for c in "ae"] + [p + c for c in marks + ["\U0001d157"] for p in ("", "##")]
    tokens += ["##\u302e\U0001d165", "##\U0001d165\u302e", "##\u1b44\U0001d165"]
    made = Tokenizer(models.WordPiece({t: i for i, t in enumerate(tokens)}, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    texts = ["a" + "".join(p) + "e" for n in (1, 2, 3, 4) for p in itertools.permutations(marks, n)]
    texts += ["\u302e" * n + "\U0001d165" * (100 - n) for n in (1, 50, 99)]
    texts += ["\u302e" * 50 + "\U0001d165" * 51, "a\u302e \U0001d165", "\U0001d160\u1b44", "\u302e\uac01\U0001d165"]
    h = corpus.hash_ids([])
    for text in texts:
        h = corpus.hash_ids(made.encode(text).ids, h)
    write("ordering_vocab.txt", tokens)
    # A vocabulary has no comments: its header goes.
    (OUT / "ordering_vocab.txt").write_text("".join(t + "\n" for t in tokens), encoding="utf-8")
    write("ordering.txt", [escape(t) + "\t" + " ".join(map(str, made.encode(t).ids)) for t in texts[::8] + texts[-7:]])


def main():
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default=os.environ.get("WEFT_MODEL_DIR") or cache + "/weft/models/all-MiniLM-L6-v2")
    model = pathlib.Path(parser.parse_args().model)
    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    tokenizer.no_truncation()  # the file has 128 tokens, with padding, baked in
    tokenizer.no_padding()
    data = (model / "vocab.txt").read_bytes()
    tokens = data.decode().split("\n")[:-1]
    OUT.mkdir(parents=True, exist_ok=True)
    print(f"vocab.txt {hashlib.sha256(data).hexdigest()}")

    write("cases.txt", [escape(t) + "\t" + " ".join(map(str, tokenizer.encode(t).ids))
                        for t in tokenizer_cases.texts()])
    ordering()
    write("licenses.txt", licenses(tokenizer))
    texts = [corpus.string(i, tokens) for i in range(corpus.STRINGS)]
    full = ids_of(tokenizer, texts)
    everything = corpus.hash_ids(itertools.chain(*(t.encode() for t in texts)))
    write("corpus.txt", [f"{len(texts)} {everything:016x}"])
    (OUT / "corpus_hashes.bin").write_bytes(b"".join(struct.pack("<Q", corpus.hash_ids(x)) for x in full))
    write("corpus_ids.txt", [f"{i}\t" + " ".join(map(str, full[i])) for i in range(0, len(texts), 48)])
    write("corpus_truncated.txt", truncated(tokenizer, texts, full))
    write("scalars.txt", scalars(tokenizer))


if __name__ == "__main__":
    main()
