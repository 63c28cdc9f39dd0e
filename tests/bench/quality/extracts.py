"""Every document through every strategy and baseline at every ratio: coverage, document cosine, ROUGE-L recall, budgets."""

import dataclasses
import statistics

STRATEGIES = ("semantic", "ensemble", "frequency", "hierarchical", "template", "auto")
BASELINES = ("random", "lead", "TextRank", "LexRank")
FIGURES = ("coverage", "document_cosine", "rouge_l_recall")


def measure(subjects, node, ratios, say):
    """[{document, kind, ratio, method, coverage…, within_budget, filled, refused}]: a row for each extract."""
    rows = []
    for subject in subjects:
        say(f"{subject.kind}: {subject.name}, {len(subject.sentences)} sentences, {subject.source_tokens} tokens")
        for ratio in ratios:
            for strategy in STRATEGIES:
                rows.append({**_row(subject, ratio, strategy), **_ours(subject, node, ratio, strategy)})
            for name in BASELINES:
                score = subject.baseline_score(name, ratio)
                rows.append({**_row(subject, ratio, name), **(dataclasses.asdict(score) if score else {"refused": "nothing fits"})})
    return rows


def _row(subject, ratio, method):
    return {"document": subject.name, "kind": subject.kind, "ratio": ratio, "method": method}


def _ours(subject, node, ratio, strategy):
    done = node.compress(subject.text, strategy, ratio=ratio)
    if done.reason:
        return {"refused": done.reason}
    kept = subject.kept(done)
    score = subject.score(kept, done.text)
    if score is None:
        return {"refused": "nothing kept"}
    report, chosen = done.report, set(kept)
    smallest = min((t for i, t in enumerate(subject.tokens) if i not in chosen and subject.is_sentence(i)), default=None)
    return {**dataclasses.asdict(score),
            "within_budget": score.tokens <= subject.budget(ratio),
            "counted_alike": (report.source_tokens, report.output_tokens) == (subject.source_tokens, score.tokens),
            "filled": smallest is None or score.tokens + smallest > subject.budget(ratio),
            "reported_coverage": report.coverage if report.HasField("coverage") else None,
            "resolved": report.strategy, "content": report.content}


def means(rows, figure, methods, ratios, kinds):
    """method → [mean a ratio] over the documents of these kinds for which every one of the methods gave an extract."""
    wanted = [r for r in rows if r["kind"] in kinds and r["method"] in methods]
    out = {method: [] for method in methods}
    for ratio in ratios:
        of_ratio = [r for r in wanted if r["ratio"] == ratio]
        refused = {r["document"] for r in of_ratio if figure not in r}
        for method in methods:
            values = [r[figure] for r in of_ratio if r["method"] == method and r["document"] not in refused]
            out[method].append(statistics.mean(values) if values else None)
    return out


def wins(rows, ours, theirs, ratio, kinds):
    """On how many documents `ours` covers more than `theirs`, of how many."""
    figure = {(r["document"], r["method"]): r.get("coverage") for r in rows if r["ratio"] == ratio and r["kind"] in kinds}
    pairs = [(figure[d, ours], figure[d, theirs]) for d in {d for d, _ in figure}]
    pairs = [(a, b) for a, b in pairs if a is not None and b is not None]
    return sum(a > b for a, b in pairs), len(pairs)
