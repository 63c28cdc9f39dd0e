"""The planter and the measures do what the table says of them: quality_unit_test.py (needs NumPy)"""

import sys
import unittest

sys.dont_write_bytecode = True

import facts  # noqa: E402
import measures  # noqa: E402
import numpy  # noqa: E402

TEXT = " ".join(f"This is sentence number {i} of a text that goes on and on." for i in range(40))


def sentences(text):
    spans, at = [], 0
    for part in text.split(". "):
        spans.append((at, min(len(text), at + len(part) + 1)))
        at += len(part) + 2
    return spans


class Planting(unittest.TestCase):
    def test_the_same_seed_gives_the_same_facts_and_another_one_others(self):
        self.assertEqual(facts.make_facts(7, 10), facts.make_facts(7, 10))
        self.assertNotEqual(facts.make_facts(7, 10), facts.make_facts(8, 10))

    def test_facts_have_many_forms_and_each_its_own_place(self):
        made = facts.make_facts(3, 16)
        self.assertEqual(len({f.form for f in made}), 16)
        self.assertEqual(len({f.sentence for f in made}), 16)
        for fact in made:
            self.assertIn(fact.answer, fact.sentence)
            self.assertNotIn(fact.answer, fact.question)

    def test_a_planted_text_has_every_fact_once_and_all_of_the_source_in_order(self):
        made = facts.make_facts(5, 10)
        text = facts.plant(TEXT, sentences(TEXT), made, 5)
        self.assertEqual(facts.kept_facts(text, made), made)
        for fact in made:
            self.assertEqual(text.count(fact.sentence), 1)
            text = text.replace(" " + fact.sentence, "")
        self.assertEqual(text, TEXT)

    def test_a_text_without_sentences_takes_no_facts(self):
        with self.assertRaises(ValueError):
            facts.plant("short", [(0, 5)], facts.make_facts(1, 3), 1)

    def test_a_fact_across_a_line_break_is_kept(self):
        fact = facts.make_facts(1, 1)[0]
        self.assertEqual(facts.kept_facts(fact.sentence.replace(" ", "\n", 2), [fact]), [fact])

    def test_planted_exceptions_are_lines_that_begin_as_their_neighbours(self):
        log = "\n".join(f"2026-11-22 05:00:{i:02} status installed package{i}" for i in range(50))
        text, lines = facts.plant_exceptions(log, 6, 2)
        self.assertEqual(len(text.split("\n")), 56)
        for line in lines:
            self.assertIn(line, text.split("\n"))
            self.assertTrue(line.startswith("2026-11-22 05:00:"), line)


class Measuring(unittest.TestCase):
    def test_coverage_is_one_when_all_is_kept_and_less_when_not(self):
        vectors = numpy.eye(4, dtype=numpy.float32)
        self.assertEqual(measures.coverage(vectors, [0, 1, 2, 3]), 1)
        self.assertEqual(measures.coverage(vectors, [1]), 0.25)

    def test_the_document_cosine_weighs_by_tokens(self):
        vectors = numpy.eye(2, dtype=numpy.float32)
        self.assertAlmostEqual(measures.document_cosine(vectors, [3, 4], [0]), 0.6)
        self.assertAlmostEqual(measures.document_cosine(vectors, [3, 4], [0, 1]), 1)

    def test_the_longest_common_subsequence_is_that_of_the_textbook(self):
        def textbook(a, b):
            row = [0] * (len(b) + 1)
            for x in a:
                before = row[:]
                for j, y in enumerate(b):
                    row[j + 1] = before[j] + 1 if x == y else max(before[j + 1], row[j])
            return row[-1]

        random = numpy.random.default_rng(1)
        for _ in range(200):
            a, b = (random.integers(0, 5, random.integers(0, 40)).tolist() for _ in range(2))
            self.assertEqual(measures.longest_common_subsequence(a, b), textbook(a, b), (a, b))

    def test_rouge_of_an_extract_is_its_share_of_words(self):
        self.assertEqual(measures.rouge_l_recall("One two. Three four.", "Three four."), 0.5)

    def test_rescoring_finds_what_coarse_scores_put_among_the_candidates(self):
        random = numpy.random.default_rng(2)
        documents = random.standard_normal((100, 16)).astype(numpy.float32)
        queries = random.standard_normal((5, 16)).astype(numpy.float32)
        wanted = measures.top(queries @ documents.T, 10)
        noise = queries @ documents.T + random.standard_normal((5, 100)) * 2
        self.assertEqual(measures.overlap(measures.rescored_top(queries, noise, documents, 100, 10), wanted), 1)
        self.assertLess(measures.overlap(measures.top(noise, 10), wanted), 1)

    def test_hamming_similarity_counts_bits(self):
        a = numpy.asarray([[0b1111_0000]], dtype=numpy.uint8)
        b = numpy.asarray([[0b1111_0000], [0b0000_1111], [0b1111_1111]], dtype=numpy.uint8)
        self.assertEqual(measures.hamming_similarity(a, b).tolist(), [[8, -8, 0]])


if __name__ == "__main__":
    unittest.main()
