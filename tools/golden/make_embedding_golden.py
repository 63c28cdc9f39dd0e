#!/usr/bin/env python3
"""Writes tests/runtime/compute/cpu/golden/: texts and the vectors that sentence-transformers gives them.

    python3 -m venv /tmp/golden && /tmp/golden/bin/pip install -r tools/golden/requirements-embedding.txt
    WEFT_MODEL_DIR=… /tmp/golden/bin/python tools/golden/make_embedding_golden.py

texts.jsonl: one {"text", "tokens"} a line (tokens as the model reads them, at most 256); vectors.f32: as many rows of 384
little-endian floats, normalized. Each text is encoded alone, so that no padding takes part.
"""
import json
import os
import pathlib
import random

import numpy
import torch
from sentence_transformers import SentenceTransformer, models

TOKENS_MAX = 256
OUT = pathlib.Path(__file__).resolve().parents[2] / "tests/runtime/compute/cpu/golden"
MODEL = pathlib.Path(os.environ.get("WEFT_MODEL_DIR") or pathlib.Path(
    os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "weft/models/all-MiniLM-L6-v2")

# Short by nature, odd by intent: what a node must get right besides prose.
SHORT = [
    "", " ", "a", "I", "?", "...", "42", "the", "Hello", "hello world", "This is an example sentence",
    "Each sentence is converted", "NULL", "\t\n\r", "a\u0000b", "😀", "😀😀😀 👩‍👩‍👧‍👦", "naïve café déjà vu", "ǅungla", "ﬁne ligature",
    "C++ > C", "SELECT * FROM users WHERE id = 1;", "https://example.org/a?b=c&d=%20#e", "name@example.org",
    "x" * 99, "x" * 101, "don't can't won't", "3.14159 2.71828 1.41421", "{\"key\": [1, 2, 3]}", "№ 5 ½ ² ™ ©",
]

LANGUAGES = [
    "Der schnelle braune Fuchs springt über den faulen Hund.", "Le chat dort sur le canapé du salon.",
    "¿Dónde está la biblioteca más cercana?", "A chuva cai devagar sobre o telhado.", "Il treno parte alle sette in punto.",
    "Быстрая лиса перепрыгивает через ленивую собаку.", "Η γρήγορη αλεπού πηδά πάνω από το σκύλο.",
    "今日はとても良い天気ですね。", "我喜欢在公园里散步。", "오늘은 날씨가 참 좋네요.", "الكتاب على الطاولة.", "הספר נמצא על השולחן.",
    "मुझे किताबें पढ़ना पसंद है।", "ฉันชอบอ่านหนังสือ", "Tôi thích đọc sách vào buổi tối.", "Hızlı kahverengi tilki atlar.",
    "Szybki brązowy lis przeskakuje nad psem.", "Rýchla hnedá líška.", "Snabba bruna räven hoppar.", "Bonjour, 世界, hello мир!",
]

SENTENCES = [
    "A man is eating food.", "A man is eating a piece of bread.", "The girl is carrying a baby.", "A man is riding a horse.",
    "A woman is playing the violin.", "Two men pushed carts through the woods.", "A monkey is playing drums.",
    "A cheetah is running behind its prey.", "The committee postponed its decision until the auditors had replied.",
    "Water boils at a lower temperature on high mountains.", "The patient was given antibiotics and sent home.",
    "Interest rates rose by a quarter of a point in March.", "She did not like the film, although the actors were good.",
    "The license is void if the terms are not met.", "To install the package, run the script as root.",
    "A mutex protects the queue; the condition variable wakes the consumer.", "The function returns null when the key is absent.",
    "Rain is expected in the north, with snow on the hills.", "He scored twice in the last ten minutes of the match.",
    "The recipe needs two eggs, a cup of flour and some butter.", "Light takes eight minutes from the sun to the earth.",
    "The treaty was signed in Vienna after long negotiations.", "Our train was late, so we missed the connection.",
    "Photosynthesis turns carbon dioxide and water into sugar.", "The old bridge was closed to heavy traffic.",
    "Please send the invoice to the address below.", "The vaccine reduced the risk of infection by half.",
    "I have never been to Iceland, but I would love to go.", "The compiler warned about an unused variable.",
    "Prices fell sharply after the announcement.", "The orchestra tuned while the audience took their seats.",
    "Nobody knows who wrote the letter.",
]


def word_list():
    words = (MODEL / "vocab.txt").read_text(encoding="utf-8").splitlines()
    return [w for w in words if w.isascii() and w.isalpha()]


def make_texts(seed=20261121):
    """220 texts: the lists above, prose of growing length, and random words to 600 tokens."""
    draw = random.Random(seed)
    words = word_list()
    texts = SHORT + LANGUAGES + SENTENCES
    for count in range(2, 40):  # prose: 2 to 39 sentences
        texts.append(" ".join(draw.choice(SENTENCES) for _ in range(count)))
    for count in [1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 120, 126, 127, 128, 144, 200, 230, 250, 253, 254, 255, 256, 257, 300, 377, 450,
                  512, 550, 598, 600]:  # words of one token each
        texts.append(" ".join(draw.choice(words) for _ in range(count)))
    while len(texts) < 220:  # words with punctuation, lengths drawn towards the short end
        count = int(draw.paretovariate(0.8)) % 200 + 1
        texts.append("".join(draw.choice(words) + draw.choice([" ", " ", " ", ", ", ". ", "-", " (", ") ", "; "])
                             for _ in range(count)))
    return texts


def main():
    torch.set_num_threads(1)
    transformer = models.Transformer(str(MODEL), max_seq_length=TOKENS_MAX)
    pooling = models.Pooling(transformer.get_word_embedding_dimension(), pooling_mode="mean")
    encoder = SentenceTransformer(modules=[transformer, pooling, models.Normalize()], device="cpu")
    texts = make_texts()
    vectors = encoder.encode(texts, batch_size=1, convert_to_numpy=True).astype("<f4")
    tokens = [int(encoder.tokenize([t])["input_ids"].shape[1]) for t in texts]
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "vectors.f32").write_bytes(numpy.ascontiguousarray(vectors).tobytes())
    lines = (json.dumps({"text": t, "tokens": n}, ensure_ascii=True) for t, n in zip(texts, tokens))
    (OUT / "texts.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(texts)} texts, {min(tokens)} to {max(tokens)} tokens, in {OUT}")


if __name__ == "__main__":
    main()
