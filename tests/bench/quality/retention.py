"""What must not get lost: planted facts, answers to questions, what rules keep, and exceptions of logs."""

import random
import re

import baselines
import facts
from extracts import BASELINES, STRATEGIES
from subjects import Subject

PLANTED_KINDS = ("prose", "paper", "manual", "markdown")
FACTS = 10
EXCEPTIONS = 6
NUMBERS_KEPT = "auto, keep=numbers"
EXCEPTION_WORDS = re.compile(r"\b(error|fatal|panic|critical|exception|traceback|segfault|failed)\b", re.IGNORECASE)


def with_facts(subjects, node, count, seed):
    """[(subject, facts)]: the documents of sentences, each with facts of its own."""
    out = []
    for number, subject in enumerate(s for s in subjects if s.kind in PLANTED_KINDS):
        chosen = facts.make_facts(f"{seed}/{number}", FACTS)
        try:
            text = facts.plant(subject.text, subject.character_spans(), chosen, f"{seed}/{number}/places")
        except ValueError:
            continue
        out.append((Subject(subject.name, subject.kind, text, node, count), chosen))
    return out


def planted_facts(planted, node, ratios):
    """{document, kind, ratio, method, kept, of} for strategies, for `auto` with a rule, and for baselines."""
    rows = []
    for subject, chosen in planted:
        for ratio in ratios:
            def row(method, kept, **more):
                return {"document": subject.name, "kind": subject.kind, "ratio": ratio, "method": method, "kept": kept,
                        "of": len(chosen), **more}

            for strategy in STRATEGIES:
                rows.append(_ours(row, strategy, node.compress(subject.text, strategy, ratio=ratio), chosen))
            keep = ["KEEP_KIND_NUMBERS", "KEEP_KIND_NAMES", "KEEP_KIND_CODE"]
            rows.append(_ours(row, NUMBERS_KEPT, node.compress(subject.text, "auto", ratio=ratio, keep=["KEEP_KIND_NUMBERS"]), chosen))
            for name in BASELINES:
                kept = [_count(" \n".join(subject.sentences[i] for i in picked), chosen) for picked in subject.baseline(name, ratio)]
                rows.append(row(name, sum(kept) / len(kept)))
    return rows


def _count(extract, chosen):
    return len(facts.kept_facts(extract, chosen))


def _ours(row, method, done, chosen):
    if done.reason:
        return row(method, None, refused=done.reason)
    kept = facts.kept_facts(done.text, chosen)
    return row(method, len(kept), lost=[f.form for f in chosen if f not in kept])


def questions(planted, node, ratios, per_document):
    """{kind, ratio, method, kept, of}: is the answer there when the question is given as `query`?"""
    rows = []
    for subject, chosen in planted:
        for ratio in ratios:
            without = {s: node.compress(subject.text, s, ratio=ratio) for s in ("semantic", "ensemble", "auto")}
            for fact in chosen[:per_document]:
                def row(method, extract):
                    rows.append({"document": subject.name, "kind": subject.kind, "ratio": ratio, "method": method,
                                 "kept": _count(extract, [fact]), "of": 1, "form": fact.form})

                for strategy, plain in without.items():
                    row(f"{strategy}, no query", plain.text)
                    row(f"{strategy}, query", node.compress(subject.text, strategy, ratio=ratio, query=fact.question).text)
                picked = baselines.fill(baselines.bm25(subject.sentences, fact.question), subject.tokens, subject.budget(ratio))
                row("BM25 of the question", "\n".join(subject.sentences[i] for i in picked))
    return rows


def must_keep(planted, node, ratios, seed):
    """{document, ratio, units, kept, refused}: every sentence in which a pattern matches is in the extract, or a typed refusal."""
    rows = []
    for number, (subject, chosen) in enumerate(planted):
        draw = random.Random(f"{seed}/{number}/patterns")
        rare = sorted({w for w in re.findall(r"\b[a-z]{7,}\b", subject.text) if subject.text.count(w) <= 3})
        patterns = [rf"\b{w}\b" for w in draw.sample(rare, min(3, len(rare)))]
        patterns += [r"\b\d{5}\b", re.escape(chosen[0].answer)]
        wanted = {i for i, s in enumerate(subject.sentences) if any(re.search(p, s) for p in patterns)}
        for ratio in ratios:
            for strategy in ("semantic", "ensemble", "frequency", "auto"):
                done = node.compress(subject.text, strategy, ratio=ratio, patterns=patterns)
                row = {"document": subject.name, "ratio": ratio, "method": strategy, "units": len(wanted)}
                if done.reason:
                    fits = sum(subject.tokens[i] for i in wanted) <= subject.budget(ratio)
                    rows.append({**row, "refused": done.reason, "fits": fits})
                else:
                    rows.append({**row, "kept": len(wanted & set(subject.kept(done)))})
    return rows


def log_exceptions(subjects, node, count, ratios, seed):
    """{document, ratio, kept, of, fits}: planted lines, and the log's own lines that say error; kept by `template`."""
    rows = []
    for number, subject in enumerate(s for s in subjects if s.kind == "log"):
        text, planted = facts.plant_exceptions(subject.text.rstrip("\n"), EXCEPTIONS, f"{seed}/{number}/exceptions")
        lines = [line for line in text.split("\n") if line in planted or EXCEPTION_WORDS.search(line)]
        needed, source = sum(map(count, lines)), count(text)
        for ratio in ratios:
            done = node.compress(text, "template", ratio=ratio)
            row = {"document": subject.name, "ratio": ratio, "of": len(lines), "planted": len(planted),
                   "fits": needed <= source // ratio}
            if done.reason:
                rows.append({**row, "refused": done.reason})
                continue
            kept = done.text.split("\n")
            rows.append({**row, "kept": sum(line.strip() in kept for line in lines),
                         "planted_kept": sum(line.strip() in kept for line in planted),
                         "reported": [done.report.exceptions_kept, done.report.exceptions],
                         "templates": [done.report.templates_kept, done.report.templates]})
    return rows
