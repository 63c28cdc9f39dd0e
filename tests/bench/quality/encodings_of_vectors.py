"""How much of the top 10 the other encodings of vectors keep, on sentences of the documents."""

import random

import numpy

import measures

TOP = 10
CANDIDATES = (20, 50, 100, 200)  # of binary, before rescoring


def measure(subjects, node, seed, documents_max, queries):
    """{sentences, queries, float16, int8, binary, rescored: {candidates: {by: overlap}}}"""
    sentences = sorted({s for subject in subjects for s in subject.sentences if len(s) > 25})
    random.Random(seed).shuffle(sentences)
    asked, kept = sentences[:queries], sentences[queries:queries + documents_max]
    exact = node.vectors(kept)
    asking = node.vectors(asked)
    wanted = measures.top(asking @ exact.T, TOP)
    half = numpy.stack([numpy.frombuffer(e.packed, dtype="<f2") for e in node.embed(kept, "FLOAT16")]).astype(numpy.float32)
    small = numpy.stack([numpy.frombuffer(e.packed, dtype=numpy.int8).astype(numpy.float32) * e.scale
                         for e in node.embed(kept, "INT8")])
    bits = numpy.stack([numpy.frombuffer(e.packed, dtype=numpy.uint8) for e in node.embed(kept, "BINARY")])
    asking_bits = numpy.stack([numpy.frombuffer(e.packed, dtype=numpy.uint8) for e in node.embed(asked, "BINARY")])
    assert bits.shape[1] * 8 == exact.shape[1] and small.shape == half.shape == exact.shape
    coarse = measures.hamming_similarity(asking_bits, bits)
    rescored = {}
    for candidates in CANDIDATES:
        rescored[candidates] = {
            name: measures.overlap(measures.rescored_top(asking, coarse, by, candidates, TOP), wanted)
            for name, by in (("int8", small), ("float32", exact))}
    return {"sentences": len(kept), "queries": len(asked),
            "float16": measures.overlap(measures.top(asking @ half.T, TOP), wanted),
            "int8": measures.overlap(measures.top(asking @ small.T, TOP), wanted),
            "binary": measures.overlap(measures.top(coarse, TOP), wanted), "rescored": rescored}
