"""The table, in Markdown, and the bars of the project with reached or short."""

from corpora import PROSE
from extracts import BASELINES, STRATEGIES, means, wins
from retention import NUMBERS_KEPT

TITLES = {"coverage": "Coverage: mean over the source's sentences of the best cosine to a kept one",
          "document_cosine": "Cosine of the document's mean vector to that of the extract",
          "rouge_l_recall": "ROUGE-L recall (of a verbatim extract: its share of the source's words)"}
# Published with LLMLingua-2 (Pan et al. 2024); its weights are in no package, so it is not run here.
LLMLINGUA = ("LLMLingua-2: not run, it needs weights that no package carries. Published, other hardware, not measured here: ratios of 2 to 5, "
             "3 to 6 times faster than the token compressors before it (0.5 s, 0.4 s and 0.4 s at 2×, 3× and 5× for texts of 3 003 tokens "
             "on average on one V100-32G; arXiv 2403.12968, table 5).")


def show(value, digits=3):
    return "–" if value is None else f"{value:.{digits}f}"


def table(head, rows):
    return "\n".join(["| " + " | ".join(head) + " |", "|---" * len(head) + "|", *("| " + " | ".join(r) + " |" for r in rows)]) + "\n"


def _ratios(ratios):
    return [f"{ratio}×" for ratio in ratios]


def figures(rows, ratios):
    kinds = sorted({r["kind"] for r in rows})
    for figure, title in TITLES.items():
        yield f"### {title}\n"
        for name, group in (("sentences", PROSE), ("lines", [k for k in kinds if k not in PROSE])):
            documents = {r["document"] for r in rows if r["kind"] in group}
            if not documents:
                continue
            yield f"{len(documents)} documents of {name} ({', '.join(k for k in kinds if k in group)}):\n"
            methods = [*STRATEGIES, *BASELINES]
            found = means(rows, figure, methods, ratios, group)
            yield table(["", *_ratios(ratios)], [[m, *map(show, found[m])] for m in methods])
    yield "### Coverage by kind, at 8×\n"
    methods = [*STRATEGIES, *BASELINES]
    by_kind = {k: means(rows, "coverage", methods, [8], [k]) for k in kinds} if 8 in ratios else {}
    if by_kind:
        yield table(["", *kinds], [[m, *(show(by_kind[k][m][0]) for k in kinds)] for m in methods])


def share(rows, **where):
    """Share kept of what should be, refusals aside; None where nothing was asked."""
    chosen = [r for r in rows if all(r[k] in v if isinstance(v, (list, tuple)) else r[k] == v for k, v in where.items())
              and r.get("kept") is not None]
    of = sum(r["of"] for r in chosen)
    return sum(r["kept"] for r in chosen) / of if of else None


def retention(results, ratios):
    planted = results["planted_facts"]
    kinds = sorted({r["kind"] for r in planted})
    for kind in kinds:
        documents = len({r["document"] for r in planted if r["kind"] == kind})
        methods = list(dict.fromkeys(r["method"] for r in planted))
        yield f"### Planted facts that are kept: {kind}, {documents} documents\n"
        yield table(["", *_ratios(ratios)], [[m, *(show(share(planted, kind=kind, method=m, ratio=r)) for r in ratios)] for m in methods])
    asked = results["questions"]
    yield f"### Answers that are kept when the question is the query ({len({(r['document'], r['form']) for r in asked})} questions)\n"
    yield table(["", *_ratios(ratios)], [[m, *(show(share(asked, method=m, ratio=r)) for r in ratios)]
                                         for m in dict.fromkeys(r["method"] for r in asked)])
    yield "### Exceptions of logs, kept by `template`\n"
    yield table(["log", "ratio", "kept", "planted kept", "all fit the budget"],
                [[r["document"], f"{r['ratio']}×", r.get("refused") or f"{r['kept']} of {r['of']}",
                  f"{r.get('planted_kept', '–')} of {r['planted']}", "yes" if r["fits"] else "no"] for r in results["log_exceptions"]])


def vectors(found):
    yield f"### Top 10 of {found['sentences']} sentences for {found['queries']} others, beside float32\n"
    rows = [[name, show(found[name])] for name in ("float16", "int8", "binary")]
    rows += [[f"binary, {candidates} candidates rescored by {by}", show(value)]
             for candidates, of in found["rescored"].items() for by, value in of.items()]
    yield table(["encoding", "overlap"], rows)


def _coverage_bar(extracts, strategy, name, ratios):
    parts, reached = [], True
    for ratio in ratios:
        found = means(extracts, "coverage", [strategy, name], [ratio], PROSE)
        mine, other = found[strategy][0], found[name][0]
        won, of = wins(extracts, strategy, name, ratio, PROSE)
        reached &= mine is not None and other is not None and mine > other
        parts.append(f"{ratio}×: {show(mine)} beside {show(other)}, on {won} of {of} documents")
    return f"{strategy} covers more than {name}", reached, "; ".join(parts)


def bars(results, ratios):
    """[(bar, reached, figure)]"""
    extracts, planted = results["extracts"], results["planted_facts"]
    ours = [r for r in extracts if r["method"] in STRATEGIES and "within_budget" in r]
    over = [r for r in ours if not r["within_budget"]]
    yield "within budget always", not over, f"{len(ours) - len(over)} of {len(ours)} extracts"
    unequal = [r for r in ours if not r["counted_alike"]]
    yield "tokens counted as Hugging Face counts them", not unequal, f"{len(ours) - len(unequal)} of {len(ours)}"
    unfilled = [r for r in ours if not r["filled"]]
    yield "filled until no omitted sentence fits (headings aside)", not unfilled, f"{len(ours) - len(unfilled)} of {len(ours)}"
    for strategy in ("semantic", "ensemble"):
        for name in BASELINES:
            yield _coverage_bar(extracts, strategy, name, [r for r in ratios if r >= 8 or name in ("random", "lead")])
    for method in ("auto", "semantic", "ensemble", NUMBERS_KEPT):
        kept = share(planted, kind="prose", method=method, ratio=4)
        of = [r for r in planted if r["kind"] == "prose" and r["method"] == method and r["ratio"] == 4]
        refused = sum("refused" in r for r in of)
        if kept is not None:
            yield f"at least 90 % of planted facts at 4× on prose: {method}", kept >= 0.9, (
                f"{100 * kept:.1f} %" + (f"; {refused} of {len(of)} refused" if refused else ""))
    rules = results["must_keep"]
    done = [r for r in rules if "kept" in r]
    wrong = [r for r in rules if "refused" in r and (r["fits"] or "BUDGET_UNREACHABLE" not in r["refused"])]
    whole = sum(r["kept"] == r["units"] for r in done)
    yield ("100 % of must-keep, or a typed refusal where it does not fit", whole == len(done) and not wrong,
           f"{whole} of {len(done)} extracts have all; {len(rules) - len(done)} refused, {len(wrong)} of them wrongly")
    logs = [r for r in results["log_exceptions"] if r["fits"]]
    whole = sum(r.get("kept") == r["of"] for r in logs)
    yield "template keeps every exception line of a log, where they fit the budget", whole == len(logs), f"{whole} of {len(logs)} extracts"
    found = results["vectors"]
    yield "int8 keeps at least 97 % of the top 10", found["int8"] >= 0.97, f"{100 * found['int8']:.1f} %"
    best = {c: of["int8"] for c, of in found["rescored"].items()}
    enough = [c for c, kept in best.items() if kept >= 0.97]
    yield ("binary and rescoring by int8 keep at least 97 % of the top 10", bool(enough),
           f"{100 * best[enough[0]]:.1f} % with {enough[0]} candidates" if enough else f"{100 * max(best.values()):.1f} % at best")


def refusals(extracts):
    refused = [r for r in extracts if "refused" in r]
    if refused:
        yield f"### No extract: {len(refused)} of {len(extracts)} (left out of the means, for every method of that column)\n"
        yield table(["document", "ratio", "method", "why"],
                    [[r["document"], f"{r['ratio']}×", r["method"], r["refused"].replace("|", "/")[:90]] for r in refused[:40]])


def render(results, ratios):
    """All of it as Markdown."""
    parts = [f"## Quality, seed {results['seed']}\n",
             "Sentences are the node's, the same for all; budgets are in WordPiece tokens, counted by Hugging Face tokenizers. Vectors are\n"
             "those of the node's EmbedService; every score is computed by this program from them, none is taken from a report.\n",
             LLMLINGUA + "\n", *figures(results["extracts"], ratios), *retention(results, ratios), *vectors(results["vectors"]),
             *refusals(results["extracts"]), "### Bars\n",
             table(["bar", "", "figure"], [[bar, "reached" if reached else "**short**", figure]
                                           for bar, reached, figure in bars(results, ratios)])]
    return "\n".join(parts)
