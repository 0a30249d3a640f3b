"""What the process that tries rules does."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from itertools import islice
from textwrap import indent
from typing import Any, Final

from monitor.attempt import Attempt, Outlook
from monitor.console.bench_ground import Asked, Tell, Workshop
from monitor.console.bench_past import backtest
from monitor.console.problems import problem_rows
from monitor.document import Document, parse_document
from monitor.document.patch import INDENT, diff, entry_text, put_entry, quoted
from monitor.errors import NotFoundError
from monitor.feeds.note import entry_of_text
from monitor.model import Entry, Excerpt, Field
from monitor.notify.excerpts import cut, pieces
from monitor.ports import Store
from monitor.rules.lint.lint import lint
from monitor.rules.load import TRIAL, read_definitions
from monitor.rules.match import Ruleset
from monitor.rules.spelling import spelt
from monitor.text.plain import one_line

MOST_RULES: Final = 20  # tried at once
LATEST: Final = 20
LOOKED_BACK: Final = timedelta(days=30)
SHOWN: Final = 2_000  # characters of a text
MARKS: Final = 60  # in one text
MOST_WARNINGS: Final = 20_000


# -- try ---------------------------------------------------------------------------------------------------------------


def try_rule(
    shop: Workshop, *, asked: Asked, text: str, entry_id: str, latest: bool, now: datetime, tell: Tell
) -> dict[str, Any]:
    """Try a rule on a text, on a stored entry or on the latest entries; see `tried`."""
    del tell  # it takes a moment
    ruleset = shop.load(asked)
    if latest:
        entries = _latest(shop.stored(), now)
    elif entry_id:
        entries = _entries(shop.stored(), entry_id)
    else:
        entries = (entry_of_text(text, now),)
    return tried(ruleset, entries, shop.outlook(now))


def _latest(store: Store, now: datetime) -> tuple[Entry, ...]:
    places = store.find_wanted(None, since=now - LOOKED_BACK, before=None, limit=LATEST)
    found = store.recall_near(stories=(), entries=[place.entry_id for place in places]).reports
    entries = tuple(found[place.entry_id] for place in places if place.entry_id in found)
    if not entries:
        raise NotFoundError("no entry of the last 30 days is stored yet: try it on a text")
    return entries


def _entries(store: Store, prefix: str) -> tuple[Entry, ...]:
    records = [record for each in store.find_entries(prefix) if (record := store.entry_record(each))]
    if not records:
        raise NotFoundError(f"no entry `{prefix}` is stored")
    return tuple(record.entry for record in records[:LATEST])


def tried(ruleset: Ruleset, entries: tuple[Entry, ...], outlook: Outlook) -> dict[str, Any]:
    """Try the first rules of a set on entries, and say all of it: `attempts`, and the first rule in both spellings."""
    rule_ids = tuple(islice(ruleset.rules, MOST_RULES))
    alone = len(entries) == 1
    attempts = [
        attempt_row(outlook.attempt(ruleset, rule_id, entry, look_near=alone))
        for entry in entries
        for rule_id in rule_ids
    ]
    return {
        "problems": [],
        "attempts": attempts,
        "matched": sum(attempt["held"] for attempt in attempts),
        "left_out": len(ruleset.rules) - len(rule_ids),
        "yaml": spelt(ruleset, rule_ids[0], "yaml"),
        "query": spelt(ruleset, rule_ids[0], "query"),
    }


def attempt_row(attempt: Attempt) -> dict[str, Any]:
    """Say what a rule says about an entry, and what would become of it."""
    explanation, entry = attempt.explanation, attempt.entry
    found = [*explanation.mentions, *(mention for clause in explanation.clauses for mention in clause.found)]
    return {
        "rule": "" if attempt.rule_id == TRIAL else attempt.rule_id,
        "held": explanation.held,
        "title": one_line(entry.title),
        "entry": entry.id if entry.feed else "",  # "" = a text that was typed
        "feed": entry.feed,
        "language": entry.language,
        "clauses": [
            {
                "key": clause.key,
                "held": clause.held,
                "said": one_line(str(clause)),
                "words": [
                    {"name": each.name, "surface": each.surface, "field": each.field.value, "start": each.start}
                    for each in clause.found
                ],
            }
            for clause in explanation.clauses
        ],
        "fields": [
            {"name": field.value, "pieces": _marked(text, [(m.start, m.end) for m in found if m.field is field])}
            for field in Field
            if (text := getattr(entry, field.value))
        ],
        "near": one_line(attempt.near),
        "steps": list(attempt.way.steps) if attempt.way else [],
        "channels": [{"name": each.channel, "when": each.when} for each in attempt.way.branches] if attempt.way else [],
        "story": attempt.story,
    }


def _marked(text: str, marks: Iterable[tuple[int, int]]) -> list[dict[str, Any]]:
    excerpt = cut(Excerpt(text=text, marks=tuple(sorted(set(marks)))), limit=SHOWN, marks=MARKS)
    return [{"text": piece.text, "hit": piece.hit} for piece in pieces(excerpt)]


# -- patch and lint ----------------------------------------------------------------------------------------------------


def patch(shop: Workshop, *, asked: Asked, name: str, tell: Tell) -> dict[str, Any]:
    """Write what was tried as a patch to the files.

    `patch` is a unified diff, "" where none can be made; `lines` is the rule as it would stand there, and `file` where.
    """
    del tell
    ruleset = shop.load(asked)
    rule_id = next(iter(ruleset.rules))
    name = name if rule_id == TRIAL else rule_id
    lines = _lines(asked, rule_id, name)
    holding = [each for each in shop.documents if _rules(each)]
    target = next((each for each in holding if name in _rules(each)), holding[0] if holding else None)
    if target is None:
        return {"problems": [], "patch": "", "lines": lines, "file": shop.ground.main, "replaces": False}
    new = put_entry(target, "rules", name, lines)
    made = diff(target.file, target.text, new) if new else ""
    return {"problems": [], "patch": made, "lines": lines, "file": target.file, "replaces": name in _rules(target)}


def _lines(asked: Asked, rule_id: str, name: str) -> str:
    """Write what was tried as an entry under `rules:`, at the margin."""
    if asked.is_query:
        return f"{name}:\n{INDENT}query: {quoted(' '.join(asked.rule.split()))}\n"
    document, _ = parse_document(asked.rule.encode("utf-8", "surrogatepass"), name=name)
    if document is not None and rule_id in _rules(document):
        return entry_text(document, "rules", rule_id)
    text = asked.rule.strip("\n")
    line = f"{name}: {text.strip()}\n"
    if "\n" not in text and not parse_document(line.encode("utf-8", "surrogatepass"), name=name)[1]:
        return line
    return f"{name}:\n{indent(text, INDENT)}\n"  # several lines, or `terms: [storm]`, which cannot stand behind a key


def _rules(document: Document) -> Mapping[str, Any]:
    written = document.value.get("rules") if isinstance(document.value, dict) else None
    return written if isinstance(written, dict) else {}


def lint_files(shop: Workshop, *, today: date, tell: Tell) -> dict[str, Any]:
    """Look for what is allowed and hardly meant, as `monitor check` does; each warning with its rule, "" = none.

    Of very many the first are told: nobody reads more.
    """
    del tell
    definitions = read_definitions(shop.documents, main=shop.main)
    found = lint(shop.documents, definitions, today=today, feeds=shop.ground.feeds)
    starts = {each.file: _starts(each) for each in shop.documents}
    rows = problem_rows(found[:MOST_WARNINGS])
    return {"problems": [row | {"rule": _rule_at(starts[row["file"]], row["line"])} for row in rows]}


def _starts(document: Document) -> list[tuple[int, str]]:
    """List the lines, from 1, in which rules and other sections begin."""
    keys = document.key_spans.items()
    return sorted(
        (span.line + 1, str(loc[1]) if loc[0] == "rules" and len(loc) > 1 else "")
        for loc, span in keys
        if len(loc) < 3  # noqa: PLR2004 - section, rule
    )


def _rule_at(starts: list[tuple[int, str]], line: int) -> str:
    place = bisect_right(starts, line, key=lambda start: start[0])
    return starts[place - 1][1] if place else ""


TASKS: Final[dict[str, Callable[..., dict[str, Any]]]] = {
    "try": try_rule,
    "backtest": backtest,
    "patch": patch,
    "lint": lint_files,
}
