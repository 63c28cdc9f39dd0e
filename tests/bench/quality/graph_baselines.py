"""TextRank and LexRank as sumy has them, on sentences that are given."""

import math
import re

from sumy.models.dom import ObjectDocumentModel, Paragraph, Sentence
from sumy.nlp.stemmers import Stemmer
from sumy.summarizers.lex_rank import LexRankSummarizer
from sumy.summarizers.text_rank import TextRankSummarizer
from sumy.utils import get_stop_words


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
