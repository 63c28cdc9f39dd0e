"""Baselines. Each ranks the same sentences that the node chose from, and fill() gives all of them the same budget."""

import math
import random
import re


def fill(order, tokens, budget):
    """Takes sentences in this order and skips what does not fit; ascending indices."""
    kept, used = [], 0
    for i in order:
        if used + tokens[i] <= budget:
            kept.append(i)
            used += tokens[i]
    return sorted(kept)


def lead(sentences):
    return list(range(len(sentences)))


def shuffled(sentences, seed):
    order = list(range(len(sentences)))
    random.Random(seed).shuffle(order)
    return order


def bm25(sentences, query, k1=1.2, b=0.75):
    """Okapi BM25 of each sentence for the query: the baseline of questions."""
    split = [re.findall(r"\w+", s.lower()) for s in sentences]
    mean = sum(map(len, split)) / max(1, len(split))
    scores = [0.0] * len(split)
    for word in set(re.findall(r"\w+", query.lower())):
        having = [(i, ws.count(word)) for i, ws in enumerate(split) if word in ws]
        idf = math.log(1 + (len(split) - len(having) + 0.5) / (len(having) + 0.5))
        for i, count in having:
            scores[i] += idf * count * (k1 + 1) / (count + k1 * (1 - b + b * len(split[i]) / mean))
    return sorted(range(len(split)), key=lambda i: (-scores[i], i))
