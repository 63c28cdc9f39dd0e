"""WordPiece counts in plain Python, for tests, where Hugging Face tokenizers are not at hand. After Devlin et al., BERT (2019):
lower case, no accents, punctuation and CJK apart, then the longest known piece first."""

import functools
import pathlib
import re
import unicodedata

WORD_CHARACTERS_MAX = 100
CJK = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002a6df\U0002a700-\U0002ceaf\U0002f800-\U0002fa1f]")


class WordPiece:
    """count(text): its tokens, without [CLS] and [SEP]."""

    def __init__(self, model):
        lines = pathlib.Path(model, "vocab.txt").read_text(encoding="utf-8").split("\n")
        self._vocabulary = frozenset(lines)
        self._of_word = functools.lru_cache(maxsize=100_000)(self._count_word)

    def __call__(self, text):
        return sum(map(self._of_word, _words(text)))

    def _count_word(self, word):
        if len(word) > WORD_CHARACTERS_MAX:
            return 1  # [UNK]
        count, at = 0, 0
        while at < len(word):
            mark = "##" if at else ""
            end = next((e for e in range(len(word), at, -1) if mark + word[at:e] in self._vocabulary), None)
            if end is None:
                return 1  # the whole word is [UNK]
            at, count = end, count + 1
        return count


def _is_punctuation(character):
    return character.isascii() and not character.isalnum() and character.isprintable() or unicodedata.category(character)[0] == "P"


def _words(text):
    text = "".join(" " if c in "\t\n\r" else "" if c in "\0\ufffd" or unicodedata.category(c)[0] == "C" else c for c in text)
    for chunk in CJK.sub(r" \g<0> ", text).split():
        plain = "".join(c for c in unicodedata.normalize("NFD", chunk.lower()) if unicodedata.category(c) != "Mn")
        word = ""
        for character in plain:
            if _is_punctuation(character):
                if word:
                    yield word
                yield character
                word = ""
            else:
                word += character
        if word:
            yield word
