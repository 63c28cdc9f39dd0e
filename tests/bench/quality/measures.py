"""What the table measures, computed from the source, the extract and sentence vectors: nothing is taken from the node's report.

Vectors are float32 rows of length 1.
"""

import re

import numpy


def coverage(vectors, kept):
    """Mean over all sentences of the best cosine to a kept one. vectors: [sentences, dimensions]; kept: indices, at least one."""
    return float((vectors @ vectors[kept].T).max(axis=1).mean())


def document_cosine(vectors, tokens, kept):
    """Cosine of the means of all vectors and of the kept ones, weighted by tokens."""
    weights = numpy.asarray(tokens, dtype=numpy.float64)
    whole = weights @ vectors
    part = weights[kept] @ vectors[kept]
    return float(whole @ part / (numpy.linalg.norm(whole) * numpy.linalg.norm(part)))


def words(text):
    return re.findall(r"\w+", text.lower())


def longest_common_subsequence(a, b):
    """Its length, with one bit a word of `a` (Hyyrö 2004): a sweep over `b` costs one addition of long integers a word."""
    places = {}
    for i, word in enumerate(a):
        places[word] = places.get(word, 0) | 1 << i
    everything = (1 << len(a)) - 1
    row = everything
    for word in b:
        matches = row & places.get(word, 0)
        row = (row + matches | row - matches) & everything
    return len(a) - row.bit_count()


def rouge_l_recall(source, extract):
    """Words of the source in the longest common subsequence (Lin 2004). For a verbatim extract that is its share of words."""
    reference = words(source)
    return longest_common_subsequence(reference, words(extract)) / max(1, len(reference))


def top(scores, count):
    """Indices of the highest, ties by index. scores: [queries, documents]"""
    return numpy.argsort(-scores, axis=1, kind="stable")[:, :count]


def overlap(found, wanted):
    """Mean share of `wanted` that `found` has, row by row."""
    return float(numpy.mean([len(set(a) & set(b)) / len(b) for a, b in zip(found.tolist(), wanted.tolist())]))


def hamming_similarity(queries, documents):
    """Equal bits less different ones of packed bits. [queries, bytes], [documents, bytes] → [queries, documents]"""
    a = numpy.unpackbits(queries, axis=1).astype(numpy.float32) * 2 - 1
    b = numpy.unpackbits(documents, axis=1).astype(numpy.float32) * 2 - 1
    return a @ b.T


def rescored_top(queries, coarse, documents, candidates, count):
    """The best `candidates` by the coarse scores, ranked again by the product with `documents`; the top `count` of these."""
    out = []
    for query, chosen in zip(queries, top(coarse, candidates)):
        again = documents[chosen] @ query
        out.append(chosen[numpy.argsort(-again, kind="stable")[:count]])
    return numpy.asarray(out)
