"""Baselines. Each ranks the same sentences that the node chose from, and fill() gives all of them the same budget."""

import math
import random
import re

from sumy.models.dom import ObjectDocumentModel, Paragraph, Sentence
from sumy.nlp.stemmers import Stemmer
from sumy.summarizers.lex_rank import LexRankSummarizer
from sumy.summarizers.text_rank import TextRankSummarizer
from sumy.utils import get_stop_words


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


class _Words:
    """In place of sumy's tokenizer, whose data must be downloaded: sentences are given, and words are words."""

    def to_sentences(self, text):
        return [text]

    def to_words(self, text):
        return re.findall(r"[^\W\d_]+(?:'\w+)?", text)


def _ranked(summarizer_class, sentences):
    """sumy's ratings of all sentences; it would only tell the best so many, in the order of the text."""
    ratings = {}

    class Rating(summarizer_class):
        def _get_best_sentences(self, all_sentences, count, rating, *more, **named):
            for sentence in all_sentences:
                ratings[str(sentence)] = rating(sentence) if callable(rating) else rating[sentence]
            return ()

    summarizer = Rating(Stemmer("english"))
    summarizer.stop_words = get_stop_words("english")
    document = ObjectDocumentModel([Paragraph([Sentence(s, _Words()) for s in sentences])])
    summarizer(document, len(sentences))
    # sumy cleans white space of a sentence; the key is what it made of it.
    scores = [ratings.get(str(Sentence(s, _Words())), -math.inf) for s in sentences]
    return sorted(range(len(sentences)), key=lambda i: (-scores[i], i))


def text_rank(sentences):
    return _ranked(TextRankSummarizer, sentences)


def lex_rank(sentences):
    return _ranked(LexRankSummarizer, sentences)


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
