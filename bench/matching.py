"""Entries a second against rules from 100 to a million, beside regexes, re2, hyperscan and others; memory, loading.

Everybody is asked for the same: the set of rules that an entry satisfies, which must be equal for all. So the fair
ratio is that of `hits alone`. `monitor` does more than is asked for: it also makes the mentions, each place with its
name and surface in the original text, which no peer does; its ratio tells what an alert costs, with the reason.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import multiprocessing
import resource
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, cast

from bench._load import measure_lag, measure_load
from bench._news import Newsroom, make_world, to_definitions
from bench._peers import FINDERS, LITERALS_ONLY, Finder, actors_of, pattern, regex_loop, terms_of
from monitor.collector import uncollected
from monitor.model import Entry
from monitor.rules.compile import compile_rules
from monitor.rules.conditions import Seen
from monitor.rules.match import Ruleset
from monitor.rules.tree import Definition
from monitor.text.fold import tokenize

T = TypeVar("T")
REGEX_LOOP = "loop of re"
OURS = "monitor"
OUR_HITS = "hits alone"
_MOST_FOR_REGEX = 10_000  # a loop over more takes minutes an entry
_WEIGHED = 100_000  # fewer rules are built several times: too little to be seen from outside
_ENTRIES = {"short": 1_000, "full": 150}

Answer = Callable[[Entry], set[str]]


@dataclass(frozen=True, slots=True)
class Cost:
    """What the cost of an entry is at one number of rules: seconds of CPU."""

    rules: int
    texts: str
    seconds: float


def main(argv: list[str]) -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m bench matching", description=__doc__)
    parser.add_argument("--rules", type=int, nargs="+", default=[100, 1_000, 10_000])
    parser.add_argument("--texts", nargs="+", choices=list(_ENTRIES), default=list(_ENTRIES))
    parser.add_argument("--peers", nargs="*", choices=[REGEX_LOOP, *FINDERS], default=[REGEX_LOOP, *FINDERS])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--load", action="store_true", help="measure a reload instead: its stages and the loop's lag")
    options = parser.parse_args(argv)
    if options.load:
        for rules in options.rules:
            measure_load(rules, rounds=options.rounds)
            measure_lag(rules)
        return 0
    children = multiprocessing.get_context("spawn")
    costs: list[Cost] = []
    for rules in options.rules:
        with ProcessPoolExecutor(1, mp_context=children) as child:  # each with memory of its own
            costs += child.submit(_measure, rules, options.texts, options.peers, options.rounds).result()
    _print_growth(costs)
    return 0


def _measure(rules: int, texts: Sequence[str], peers: Sequence[str], rounds: int) -> list[Cost]:
    """Race everybody over one rule set."""
    world = make_world(rules)
    written = {name: Newsroom(world).write(_ENTRIES[name], full=name == "full") for name in texts}
    definitions, definition_bytes, _ = _weigh(lambda: to_definitions(world), rules)
    ruleset, ruleset_bytes, seconds = _weigh(lambda: compile_rules(definitions), rules)
    print(f"\n{rules:,} rules: compiled in {seconds:.2f} s of CPU; {ruleset_bytes / rules:.0f} bytes a rule, besides")
    print(f"  {definition_bytes / rules:.0f} of what the rules say of themselves (id, title, clauses as written)")
    gc.freeze()
    answers = _answers(peers, ruleset, definitions)
    costs = []
    for name, entries in written.items():
        _race(name, entries, answers, rounds)
        costs.append(_profile(name, entries, ruleset))
    return costs


def _weigh(build: Callable[[], T], rules: int) -> tuple[T, float, float]:
    """Build something; return it with its bytes, as the process grows by them, and the CPU seconds it took."""
    copies = max(1, _WEIGHED // rules)
    before, started = _held(), time.process_time()
    with uncollected():
        built = [build() for _ in range(copies)]
    seconds = time.process_time() - started
    return built[0], (_held() - before) / copies, seconds / copies


def _held() -> int:
    """Weigh the process without what it has freed and not given back, which serves whatever comes next."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # the GNU library's
    if trim:
        trim(0)
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


# -- the contestants ---------------------------------------------------------------------------------------------------


def _answers(peers: Sequence[str], ruleset: Ruleset, definitions: Sequence[Definition]) -> dict[str, Answer]:
    """Make ready who takes part; a peer that is not installed, or cannot take so many rules, says so."""
    answers: dict[str, Answer] = {OURS: lambda entry: {match.rule.id for match in ruleset.match(entry).matches}}
    answers[OUR_HITS] = ruleset.hits
    terms = {
        ruleset.index.number(term): term for each in definitions for clause in each.clauses for term in terms_of(clause)
    }
    patterns = [(number, pattern(term)) for number, term in terms.items()]
    owners = _owners(definitions, ruleset)
    for name in peers:
        started = time.process_time()
        try:
            if name == REGEX_LOOP:
                if len(definitions) > _MOST_FOR_REGEX:
                    print(f"  {name}: left out above {_MOST_FOR_REGEX:,} rules")
                    continue
                answers[name] = _by_regexes(definitions)
            else:
                answers[name] = _by_finder(FINDERS[name][1](patterns), owners, ruleset)
        except ModuleNotFoundError:
            print(f"  {name}: not installed: pip install {FINDERS[name][0]}")
        except Exception as error:  # noqa: BLE001 - each peer has its own ways to give up
            print(f"  {name}: {len(patterns):,} terms are too much for it: {type(error).__name__}: {error}")
        else:
            print(f"  {name}: built of {len(patterns):,} terms in {time.process_time() - started:.2f} s of CPU")
    return answers


def _fold(*texts: str) -> str:
    return "\n".join(f" {' '.join(tokenize(text).words)} " for text in texts if text)


def _by_regexes(definitions: Sequence[Definition]) -> Answer:
    decide = regex_loop(definitions)
    return lambda entry: decide(_fold(entry.title, entry.summary, entry.body), _fold(entry.title, entry.summary))


def _owners(definitions: Sequence[Definition], ruleset: Ruleset) -> dict[int, list[int]]:
    """Return the actors that a term is a spelling of; those with one spelling have its number."""
    owners: dict[int, list[int]] = {}
    number = ruleset.index.number
    for actor in {
        actor.id: actor for each in definitions for clause in each.clauses for actor in actors_of(clause)
    }.values():
        if number(actor) < 0:
            for name in actor.names:
                owners.setdefault(number(name), []).append(number(actor))
    return owners


@dataclass(slots=True)
class _Found:
    """As much of what was seen as words ask for."""

    terms: set[int]


def _by_finder(find: Finder, owners: Mapping[int, Sequence[int]], ruleset: Ruleset) -> Answer:
    """Let a peer find the terms, and decide by the conditions that we decide by; but nobody else makes mentions."""

    def seen(*texts: str) -> Seen:
        terms = find(_fold(*texts))
        for term in owners.keys() & terms:
            terms.update(owners[term])
        return cast("Seen", _Found(terms))

    def answer(entry: Entry) -> set[str]:
        everywhere = seen(entry.title, entry.summary, entry.body)
        head: Seen | None = None

        def within(fields: frozenset[int]) -> Seen:
            nonlocal head
            if len(fields) == 3:
                return everywhere
            if head is None:
                head = seen(entry.title, entry.summary)
            return head

        return _decide(ruleset, within)

    return answer


def _decide(ruleset: Ruleset, within: Callable[[frozenset[int]], Seen]) -> set[str]:
    """Decide by the matcher's conditions, and show no places."""
    hits = set()
    for number in ruleset.anchors.candidates(within(frozenset(range(3))).terms):
        rule = ruleset.compiled[ruleset.order[number]]
        seen = within(rule.fields)
        if all(condition.holds(seen) for condition in rule.conditions):
            hits.add(rule.definition.rule.id)
    return hits


# -- the race ----------------------------------------------------------------------------------------------------------


def _race(texts: str, entries: Sequence[Entry], answers: Mapping[str, Answer], rounds: int) -> None:
    """Time all contestants in turns; print entries a second of CPU, and ours as a multiple of theirs."""
    slow = {name: entries[: max(3, len(entries) // 50)] if name == REGEX_LOOP else entries for name in answers}
    expected = [answers[OURS](entry) for entry in entries]
    for name, answer in answers.items():
        found = [answer(entry) for entry in slow[name]]  # also warms everybody up
        if name in LITERALS_ONLY:
            continue
        if found != expected[: len(found)]:
            raise SystemExit(f"{name} finds other rules than we do: {_first_difference(found, expected)}")
    times: dict[str, list[float]] = {name: [] for name in answers}
    for _ in range(rounds):
        for name, answer in answers.items():
            started = time.process_time()
            for entry in slow[name]:
                answer(entry)
            times[name].append((time.process_time() - started) / len(slow[name]))
    middle = {name: statistics.median(taken) for name, taken in times.items()}
    matches = sum(map(len, expected)) / len(entries)
    print(f"  {texts}: {matches:.2f} matches an entry, the same for all")
    print(f"{'':>31}with mentions we are faster by, with hits alone by")
    for name, seconds in middle.items():
        ratios = "".join(f"{seconds / middle[ours]:8.2f} x" for ours in (OURS, OUR_HITS))
        note = "  (its hits are fewer: words only, no overlaps)" if name in LITERALS_ONLY else ""
        print(f"    {name:<16}{1 / seconds:>10,.0f} entries/s{ratios}{note}")


def _first_difference(found: Sequence[set[str]], expected: Sequence[set[str]]) -> str:
    return next(f"{sorted(one)} != {sorted(two)}" for one, two in zip(found, expected, strict=False) if one != two)


def _profile(texts: str, entries: Sequence[Entry], ruleset: Ruleset) -> Cost:
    """Print the distribution over entries, each at its median of some rounds: else it shows the machine's pauses."""
    taken: list[list[float]] = [[] for _ in entries]
    for _ in range(5):
        for entry, times in zip(entries, taken, strict=True):
            started = time.process_time()
            ruleset.match(entry)
            times.append(time.process_time() - started)
    each = [statistics.median(times) for times in taken]
    mean, median, p99 = statistics.fmean(each), statistics.median(each), statistics.quantiles(each, n=100)[-1]
    print(f"    {OURS}: mean {mean * 1e6:,.0f} µs, median {median * 1e6:,.0f} µs, p99 {p99 * 1e6:,.0f} µs an entry")
    return Cost(len(ruleset.rules), texts, mean)


def _print_growth(costs: Sequence[Cost]) -> None:
    for texts in dict.fromkeys(cost.texts for cost in costs):
        first, *others = [cost for cost in costs if cost.texts == texts]
        for cost in others:
            growth = cost.seconds / first.seconds
            print(f"\n{texts}: from {first.rules:,} to {cost.rules:,} rules an entry costs {growth:.1f} x", end="")
    print()
