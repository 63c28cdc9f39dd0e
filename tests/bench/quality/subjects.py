"""A document with its sentences, vectors and token counts: what every measure needs, computed once."""

import dataclasses
import functools
import re

import numpy

import baselines
import measures
from corpora import PROSE


class Counter:
    """Hugging Face's WordPiece: the second opinion on every count of the node's."""

    def __init__(self, model):
        import tokenizers  # pylint: disable=import-outside-toplevel # the unit test of this folder does without it

        self._tokenizer = tokenizers.Tokenizer.from_file(f"{model}/tokenizer.json")
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()

    def __call__(self, text):
        return len(self._tokenizer.encode(text, add_special_tokens=False).ids)


@dataclasses.dataclass
class Score:
    """One extract, measured."""

    coverage: float
    document_cosine: float
    rouge_l_recall: float
    tokens: int


class Subject:
    """spans: [begin, end) of its sentences in bytes, from the node, so that everyone chooses from the same."""

    def __init__(self, name, kind, text, node, count, with_graphs=True):
        self.name, self.kind, self.text = name, kind, text
        self._bytes, self._node, self._count, self._with_graphs = text.encode(), node, count, with_graphs
        self.source_tokens = count(text)
        self.spans = node.units(text, self.source_tokens)
        self.index = {span: i for i, span in enumerate(self.spans)}
        self.sentences = [self._bytes[a:b].decode() for a, b in self.spans]
        self.tokens = [count(s) for s in self.sentences]

    @functools.cached_property
    def vectors(self):
        return self._node.vectors(self.sentences)

    def is_sentence(self, i):
        """Or a line of a text of lines. A heading alone says nothing: it may be left out although it would fit."""
        return self.kind not in PROSE or re.search(r"[.!?:;][\"')\]]*$", self.sentences[i]) is not None

    def character_spans(self):
        """The spans in characters."""
        out, at, characters = [], 0, 0
        for begin, end in self.spans:
            characters += len(self._bytes[at:begin].decode())
            length = len(self._bytes[begin:end].decode())
            out.append((characters, characters + length))
            characters, at = characters + length, end
        return out

    def budget(self, ratio):
        return int(self.source_tokens / ratio)

    def kept(self, compressed):
        """Indices of the kept sentences, checked: verbatim, in order, and each a sentence of the source."""
        kept = [self.index[span] for span in compressed.kept]
        assert kept == sorted(set(kept)), f"{self.name}: kept spans are not in order"
        at = 0
        for i in kept:
            at = compressed.text.find(self.sentences[i], at)
            assert at >= 0, f"{self.name}: a kept sentence is not in the extract verbatim"
            at += len(self.sentences[i])
        return kept

    def score(self, kept, extract=None):
        """extract: its text; None: the sentences, a line each. None where nothing is kept."""
        if not kept:
            return None
        extract = "\n".join(self.sentences[i] for i in kept) if extract is None else extract
        return Score(measures.coverage(self.vectors, kept), measures.document_cosine(self.vectors, self.tokens, kept),
                     measures.rouge_l_recall(self.text, extract), self._count(extract))

    @functools.cached_property
    def baseline_orders(self):
        """name → rankings; of random several, whose scores are averaged."""
        orders = {"random": [baselines.shuffled(self.sentences, seed) for seed in range(5)],
                  "lead": [baselines.lead(self.sentences)]}
        if self._with_graphs:
            import graph_baselines  # pylint: disable=import-outside-toplevel # tests do without sumy

            orders["TextRank"] = [graph_baselines.text_rank(self.sentences)]
            orders["LexRank"] = [graph_baselines.lex_rank(self.sentences)]
        return orders

    def baseline(self, name, ratio):
        """The kept sentences of each ranking of this baseline."""
        return [baselines.fill(order, self.tokens, self.budget(ratio)) for order in self.baseline_orders[name]]

    def baseline_score(self, name, ratio):
        scores = [s for s in map(self.score, self.baseline(name, ratio)) if s]
        if not scores:
            return None
        return Score(*(float(numpy.mean([getattr(s, f.name) for s in scores])) for f in dataclasses.fields(Score)))
