"""The pages of the rules: all of them with what they find, and each with what it says and how well it does."""

from __future__ import annotations

import asyncio
import io
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

import structlog
from aiohttp import web

from monitor.console.bench import Bench
from monitor.console.desk import Desk
from monitor.console.held import Held
from monitor.console.pages import PER_PAGE, Pages
from monitor.console.problems import problem_rows
from monitor.console.rule_rows import COUNTED, DAYS, SORTS, Knowledge, RuleRow, every_day, page, rule_rows, search, sort
from monitor.decide.thresholds import describe_dedup, describe_threshold
from monitor.document.patch import entry_text
from monitor.errors import MonitorError
from monitor.listing import Listed, write_rss
from monitor.ports import RuleStats, Store, ToldFilter
from monitor.rules.describe import describe
from monitor.rules.examples import run_examples
from monitor.rules.judged import Judged, judged_rules, propose_misses
from monitor.rules.spelling import spell_rule
from monitor.rules.tree import Actor, Definition, walk
from monitor.rules.written import find_written
from monitor.setup import Setup

log = structlog.get_logger()
COUNTS_HOLD: Final = timedelta(seconds=30)  # counting the hits of all rules reads all of them
JUDGED: Final = timedelta(days=365)
LATEST: Final = 10
IN_FEED: Final = 50
LINT_SECONDS: Final = 60.0  # of CPU time
LINT_PATIENCE: Final = 0.2  # seconds that the first page waits for warnings
LONGEST: Final = 200  # characters of a search
MOST_PROBLEMS: Final = 50


class Rules:
    """Their routes."""

    def __init__(self, desk: Desk, pages: Pages, bench: Bench) -> None:
        self._desk = desk
        self._pages = pages
        self._warnings = Warnings(bench)
        self._stats = Held[Mapping[str, RuleStats]](COUNTS_HOLD)
        self._judged = Held[Mapping[str, Judged]](COUNTS_HOLD)

    def routes(self) -> list[web.RouteDef]:
        """Return what to add to a router."""
        return [
            web.get("/rules", self._list),
            web.get("/rules/{id}", self._show),
            web.get("/rules/{id}/feed.xml", self._feed),
        ]

    async def _list(self, request: web.Request) -> web.Response:
        words, by, after = (request.query.get(name, "").strip() for name in ("q", "sort", "after"))
        if max(map(len, (words, after))) > LONGEST or by not in ("", *SORTS):
            raise web.HTTPBadRequest(text=f"search for at most {LONGEST} characters, and sort by {', '.join(SORTS)}")
        now, setup = self._desk.clock(), self._desk.setup
        warnings = await self._warnings.of(setup, now)
        known = await self._knowledge(now, Counter(row["rule"] for row in warnings.rows), by)
        # of 10,000 rules this takes 50 ms, in which the daemon has other things to do
        found = await self._desk.work(lambda: sort(search(setup.ruleset.rules.values(), words), by, known))
        shown, more = page(found, after, PER_PAGE)
        ids = [rule.id for rule in shown]

        def look(store: Store) -> tuple[list[RuleRow], Mapping[str, Mapping[date, int]]]:
            stats = store.rule_stats(now, rules=ids, noisiest=False)
            of_page = replace(known, stats=stats, mutes=store.mutes(at=now), breakers=store.breakers())
            return rule_rows(shown, of_page, now.date()), store.hits_by_day(ids, since=_first_day(now))

        rows, hits = await self._desk.read(look)
        context: dict[str, Any] = {
            "rows": rows,
            "more": more,
            "count": len(found),
            "days": {
                each: [count for _, count in every_day(hits[each], now.date())] if each in hits else [] for each in ids
            },
            "words": words,
            "by": by or "file",
            "sorts": SORTS,
            "warnings": warnings,
            "now": now,
            "zone": setup.config.defaults.zone,
        }
        if request.headers.get("HX-Target") == "rules":
            return self._pages.part("rules_part.html.j2", **context)
        mistakes = self._desk.mistakes
        problems = problem_rows(mistakes.problems[:MOST_PROBLEMS]) if mistakes else []
        return self._pages.page(request, "rules.html.j2", mistakes=mistakes, problems=problems, **context)

    async def _knowledge(self, now: datetime, warnings: Counter[str], by: str) -> Knowledge:
        """Return what all rules are sorted by; it may be half a minute old."""

        def judge(store: Store) -> Mapping[str, Judged]:
            return judged_rules(store.feedback(since=now - JUDGED))

        def count(store: Store) -> Mapping[str, RuleStats]:
            return store.rule_stats(now, noisiest=False)

        return Knowledge(
            stats=await self._stats.get(now, lambda: self._desk.read(count)) if by in COUNTED else {},
            judged=await self._judged.get(now, lambda: self._desk.read(judge)),
            warnings=warnings,
        )

    # -- one rule ------------------------------------------------------------------------------------------------------

    async def _show(self, request: web.Request) -> web.Response:
        setup, now = self._desk.setup, self._desk.clock()
        definition = _definition(setup, request.match_info["id"])
        rule = definition.rule
        days, names, opinions, told, mutes, breakers = await self._desk.read(lambda store: _past(store, rule.id, now))
        judged = judged_rules(opinions)
        (row,) = rule_rows([rule], Knowledge(judged=judged, mutes=mutes, breakers=breakers), now.date())
        warnings = await self._warnings.of(setup, now)
        written = await self._desk.work(lambda: _written(setup, definition))
        patches = await self._desk.work(lambda: propose_misses(setup.ruleset, setup.config.documents, judged.values()))
        return self._pages.page(
            request,
            "rule.html.j2",
            row=row,
            rule=rule,
            definition=definition,
            days=every_day(days, now.date()),
            names=names,
            actors=_actors(definition),
            judged=judged.get(rule.id),
            patch="".join(patches),
            told=told,
            warnings=replace(warnings, rows=[each for each in warnings.rows if each["rule"] == rule.id]),
            examples=await self._desk.work(lambda: run_examples(setup.ruleset, [rule.id])),
            clauses=[(clause.key, describe(clause.node)) for clause in definition.clauses],
            threshold=describe_threshold(rule.threshold) if rule.threshold else "",
            dedup=describe_dedup(rule),
            now=now,
            zone=setup.config.defaults.zone,
            **written,
        )

    async def _feed(self, request: web.Request) -> web.Response:
        """Answer the stories that a rule told, as RSS."""
        rule = _definition(self._desk.setup, request.match_info["id"]).rule
        wanted = ToldFilter(rule=rule.id)
        told = await self._desk.read(lambda store: store.told_stories(wanted, before=None, limit=IN_FEED))
        items = [Listed(rule=rule.id, at=each.place.at, entry=each.entry, found=()) for each in told if each.entry]
        out = io.StringIO()
        page_of_rule = str(request.url.origin().with_path(f"/rules/{rule.id}"))
        write_rss(items, out, title=f"{rule.title} · Media Monitor", now=self._desk.clock(), link=page_of_rule)
        return web.Response(text=out.getvalue(), content_type="application/rss+xml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lint:
    """What looking for warnings has come to."""

    rows: Sequence[dict[str, Any]] = ()  # each with its rule
    ended: bool = True
    failed: bool = False  # they could not be looked for: nobody knows whether there are any


class Warnings:
    """The warnings of lint, looked for once for each load of the files, in a process of their own."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._of: Setup | None = None
        self._task: asyncio.Task[Lint] | None = None

    async def of(self, setup: Setup, now: datetime) -> Lint:
        """Return them, as far as they are looked for."""
        if self._task is None or self._of is not setup:
            self._of = setup
            self._task = asyncio.create_task(self._look(now))
            await asyncio.wait([self._task], timeout=LINT_PATIENCE)
        return self._task.result() if self._task.done() else Lint(ended=False)

    async def _look(self, now: datetime) -> Lint:
        try:
            found = await self._bench.do("lint", seconds=LINT_SECONDS, today=now.date())
        except MonitorError as error:
            log.warning("the rules could not be looked through for warnings", error=str(error))
            return Lint(failed=True)
        except Exception:
            log.exception("looking through the rules for warnings failed: please report it")
            return Lint(failed=True)  # the pages show all the rest
        return Lint(rows=found["problems"])


def _first_day(now: datetime) -> datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=DAYS - 1)


def _past(store: Store, rule: str, now: datetime) -> tuple[Any, ...]:
    """Read what a rule has found, by day and by name, what people said of it, its last stories, and what holds it."""
    since = _first_day(now)
    return (
        store.hits_by_day([rule], since=since).get(rule, {}),
        store.hits_by_name(rule, since=since),
        [each for each in store.feedback(since=now - JUDGED) if each.rule == rule],
        store.told_stories(ToldFilter(rule=rule), before=None, limit=LATEST),
        store.mutes(at=now),
        store.breakers(),
    )


def _definition(setup: Setup, rule_id: str) -> Definition:
    """Look a rule up.

    Raises:
        HTTPNotFound: there is no such rule.
    """
    if rule_id not in setup.ruleset.rules:
        raise web.HTTPNotFound(text="there is no such rule: it may have been renamed or taken out of the files")
    return setup.ruleset.definitions[rule_id]


def _written(setup: Setup, definition: Definition) -> dict[str, Any]:
    """Return a rule as it stands in its file, and as a query."""
    written = find_written(setup.config.documents, "rules")[definition.rule.id]
    return {
        "yaml": entry_text(written.document, "rules", definition.rule.id),
        "query": spell_rule(definition, "query"),
    }


def _actors(definition: Definition) -> Collection[tuple[str, tuple[str, ...]]]:
    """List the actors that a rule names, with their spellings."""
    nodes = (node for clause in definition.clauses for node in walk(clause.node))
    found = {node.id: tuple(name.text for name in node.names) for node in nodes if isinstance(node, Actor)}
    return tuple(found.items())
