"""The keys of a rule beyond terms and actors: what each finds, and each mistake in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise, permutations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model import Absent, AtLeast, New, Priority, Spike
from monitor.rules.compile import compile_rules
from monitor.rules.examples import run_examples
from monitor.rules.explain import explain
from monitor.rules.load import load_rules, load_trial
from monitor.rules.match import Ruleset
from monitor.rules.patterns import Patterns
from monitor.rules.term import MOST_WORDS, ReadingError, read_regex, read_term
from monitor.rules.tree import Near, Term
from monitor.text.fold import tokenize
from tests.rules.building import document, entry, hits, problems_of, ruleset
from tests.rules.test_rules_match import definition, mentions


def found(rule: str, *titles: str) -> list[str]:
    """Return those titles that a rule finds; `rule` is what stands behind `r:`."""
    rules = ruleset(f"actors: {{x: [Ex, Xe]}}\nrules:\n  r: {rule}\n  other: o")
    return [title for title in titles if "r" in hits(rules, title)]


def said(rules: Ruleset, title: str = "", summary: str = "", *, rule: str = "r", language: str = "") -> list[str]:
    return [str(clause) for clause in explain(rules, rule, entry(title, summary, language=language)).clauses]


# -- groups ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "yes", "no"),
    [
        ("{any: [a, b]}", ["a", "b"], ["c"]),
        ("{terms: [a, b], any: [c, d]}", ["a d"], ["a b", "c"]),
        ("{all: [{any: [a, b]}, {any: [c, d]}]}", ["b c"], ["a b"]),
        ("{terms: [a, {all: [b, c]}]}", ["a", "c b"], ["b"]),
        ("{terms: a, none: [{all: [b, c]}, d]}", ["a b"], ["a b c", "a d"]),
        ("[a, {all: [b], none: [c]}]", ["a", "b", "a c"], ["b c"]),
        ("{any: {any: {all: [a, {any: [b, c]}]}}}", ["a c"], ["b c"]),
        ("{all: [{terms: [a, b], actors: x}]}", ["xe b"], ["a", "ex"]),
        ("{all: [a, {in: title, none: [b]}]}", ["a"], ["a b"]),
        ("{use: other}", ["o"], ["x"]),
        ("{use: other, none: c}", ["o"], ["o c"]),
        ("{terms: [a, {use: other}]}", ["a", "o"], ["x"]),
        ("{exact: US}", ["the US", "US-led"], ["us", "Us", "USA", "U.S."]),
        ("{exact: [US, U.S.]}", ["U.S. said", "US"], ["U.S", "u.s."]),
        ("{exact: .NET}", ["in .NET 8"], ["NET", "net"]),
        ("{terms: [{exact: IT}, computing]}", ["IT news", "Computing"], ["it is"]),
        ("{re: '\\$[0-9]+ ?bn'}", ["a $12bn loss", "$3 bn"], ["$bn", "12bn"]),
        ("{re: '(?i)colou?r'}", ["COLOR"], ["colr"]),
        ("{terms: a, re: ['[0-9]x', y+]}", ["a 1x", "a yy"], ["a", "1x"]),
        ("{near: {of: [a, b], within: 2}}", ["a x b", "b a"], ["a x y b"]),
        ("{near: {of: [a, b], within: 2, ordered: true}}", ["a x b"], ["b a"]),
        ("{near: [{of: [a, b], within: 1}, {of: [c, d], within: 1}]}", ["a b", "d c"], ["a c"]),
        ("{all: [{near: {of: [a, b], within: 1}}, {near: {of: [c, b], within: 1}}]}", ["a b c"], ["a b x c"]),
        ("{near: {of: [[a, aa], 'actor:x'], within: 1}}", ["aa xe"], ["a y xe"]),
        ("{near: {of: [a, {exact: B}, {any: [c, d]}], within: 3}}", ["d a B"], ["d a b"]),
        ("{near: {of: [a b, b], within: 3}}", ["a b b"], ["a b"]),
        ("{near: {of: [a, b, c], within: 3}}", ["a b b c"], ["a b b x c"]),
        ("{near: {of: [[a b, b], c, d], within: 3}}", ["c a b d"], ["c x a b x d"]),
        ("{near: {of: [[a, x], [x b, b], c], within: 2}}", ["a x b c"], ["a x b d c"]),
        ("{min_count: 2, terms: a}", ["a b a"], ["a"]),
        ("{min_count: 3, terms: [a, b], all: c}", ["a b c"], ["a c"]),
        ("{min_count: 2, terms: [a b, b]}", ["a b b"], ["a b"]),
    ],
)
def test_lists_mean_any_and_keys_mean_all(rule: str, yes: list[str], no: list[str]) -> None:
    assert found(rule, *yes, *no) == yes


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        # groups
        ("{all: [{anyy: [a]}]}", "0.yaml:1:20: unknown key `anyy`; did you mean `any`?"),
        ("{all: [{any: [a], foo: b}]}", "0.yaml:1:30: unknown key `foo`"),
        ("{all: [{any: [{all: [{non: b}]}]}]}", "0.yaml:1:34: unknown key `non`; did you mean `none`?"),
        ("{all: [{any: []}]}", "0.yaml:1:25: nothing here"),
        ("{all: [{}]}", "0.yaml:1:19: this should be text"),
        ("{all: [{any: [['a']]}]}", "0.yaml:1:26: this should be text"),
        ("{all: [{any: ['actor:y']}]}", "0.yaml:1:26: unknown actor `y`"),
        ("{any: [a, {none: [b]}]}", "rule `r` holds where nothing at all is found"),
        ("{all: [{none: [b]}]}", "rule `r` holds where nothing at all is found"),
        ("{lang: en}", "rule `r` watches for nothing"),
        ("{all: [a, {lang: en}]}", "this should be text"),
        ("{in: title, any: [{in: body, any: [a]}]}", "this can never be found: the rule looks only in `title` here"),
        # use
        ("{use: othr}", "0.yaml:1:18: unknown rule `othr`; did you mean `other`?"),
        ("{use: r}", "0.yaml:1:18: a circle: `r` uses `r`"),
        # near
        ("{near: {of: [a, b]}}", "0.yaml:1:13: `within` is missing"),
        ("{near: {within: 3}}", "`of` is missing"),
        ("{near: {of: [a], within: 3}}", "0.yaml:1:24: this should have at least 2 items"),
        ("{near: {of: [a, b, c, d, e, f], within: 3}}", "this should have at most 5 items"),
        ("{near: {of: [a, b], within: 0}}", "0.yaml:1:40: this should be greater than or equal to 1"),
        ("{near: {of: [a, b], within: 1001}}", "this should be less than or equal to 1000"),
        ("{near: {of: [a, b], within: 1e99}}", "this should be a whole number, not `1e99`"),
        ("{near: {of: [a, b], within: " + "9" * 5000 + "}}", "this should be a whole number"),
        ("{near: {of: [a, b], within: 3, ordered: maybe}}", "this should be true or false"),
        ("{near: {of: [a, {all: [b, c]}], within: 3}}", "0.yaml:1:28: only words, phrases, actors"),
        ("{near: {of: [a, {re: x+}], within: 3}}", "0.yaml:1:28: only words, phrases, actors"),
        ("{near: {of: [a, '!'], within: 3}}", "0.yaml:1:28: a term without any letter"),
        ("{near: a}", "0.yaml:1:19: this should be a mapping"),
        # exact and re
        ("{exact: '!'}", "0.yaml:1:20: a term without any letter or digit"),
        ("{exact: []}", "nothing here"),
        ("{re: '('}", "0.yaml:1:17: no regular expression of google-re2: missing ): ("),
        ("{re: '(?=a)'}", "look-around and back-references do not exist here"),
        ("{re: 'a*'}", "this regular expression matches where nothing stands"),
        ("{re: '\\b'}", "this regular expression matches where nothing stands"),
        ("{re: '((a{100}){100}){100}'}", "no regular expression of google-re2"),
        ("{re: " + "a" * 1001 + "}", "a regular expression of 1,001 characters: 1,000 are the most"),
        # limits
        ("{terms: a, lang: english}", "0.yaml:1:29: `english` is no language of two or three small letters: write `en`"),
        ("{terms: a, lang: [en, pt-BR]}", "0.yaml:1:34: `pt-BR` is no language of two or three small letters: write `pt`"),
        ("{terms: a, lang: [7]}", "`7` is no language of two or three small letters"),
        ("{terms: a, lang: }", "nothing here"),
        ("{terms: a, sources: {onyl: x}}", "unknown key `onyl`; did you mean `only`?"),
        ("{terms: a, sources: {}}", "`sources` needs `only` or `never`"),
        ("{terms: a, sources: }", "nothing here"),
        ("{terms: a, sources: {never: 'https://x.org'}}", "`https://x.org` is no feed, tag or host: write it like"),
        ("{terms: a, min_count: 0}", "this should be greater than or equal to 1"),
        ("{terms: a, min_count: 101}", "this should be less than or equal to 100"),
        ("{terms: a, min_count: many}", "this should be a whole number, not `many`"),
        ("{terms: a, min_count: }", "nothing here"),
        ("{terms: a, expires: soon}", "0.yaml:1:32: this should be a day, written like `2027-06-30`"),
        ("{terms: a, expires: 2027-02-30}", "this should be a day"),
        ("{terms: a, expires: [a]}", "this should be a day"),
        # beyond one match
        ("{terms: a, dedup: 1y}", "`1y` is not a duration"),
        ("{terms: a, dedup: 0s}", "no time at all"),
        ("{terms: a, dedup: {}}", "`dedup` needs `window` or `by`"),
        ("{terms: a, dedup: {by: title}}", "this should be one of `story`, `url`, `entry`, `none`, not `title`"),
        ("{terms: a, dedup: {widow: 3h}}", "unknown key `widow`; did you mean `window`?"),
        ("{terms: a, at_least: {entries: 2}}", "`within` is missing"),
        ("{terms: a, at_least: {within: 2h}}", "one entry of one source is every match"),
        ("{terms: a, at_least: {entries: 99999, within: 2h}}", "this should be less than or equal to 1000"),
        ("{terms: a, absent: 0s}", "no time at all"),
        ("{terms: a, spike: {factor: 1, over: 1h, baseline: 14d}}", "this should be greater than 1"),
        ("{terms: a, spike: {factor: nan, over: 1h, baseline: 14d}}", "this should be"),
        ("{terms: a, spike: {factor: inf, over: 1h, baseline: 14d}}", "this should be"),
        ("{terms: a, spike: {factor: 3, over: 14d, baseline: 1h}}", "`baseline` should be longer than `over`"),
        ("{terms: a, new: false}", "`false` is not a duration"),
        ("{terms: a, new: }", "nothing here"),
        ("{terms: a, new: true, absent: 1h}", "0.yaml:1:34: `new` and `absent` in one rule: it can ask one such thing"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_at_its_place(rule: str, expected: str) -> None:
    problems = problems_of(f"rules: {{r: {rule}, other: o}}")
    assert len(problems) == 1, problems
    assert expected in problems[0]


def test_all_mistakes_of_nested_groups_come_at_once() -> None:
    problems = problems_of(
        "rules: {r: {all: [{any: ['!', {all: [{any: b, x: c}]}, 'actor:y']}, {near: {of: [a, '?']}}]}}"
    )
    assert [problem.split(": ", 1)[1].split(";")[0] for problem in problems] == [
        "a term without any letter or digit", "unknown key `x`", "unknown actor `y`", "`within` is missing",
        "a term without any letter or digit",
    ]  # fmt: skip


# -- near --------------------------------------------------------------------------------------------------------------


def places(term: Term, words: list[str]) -> list[tuple[int, int]]:
    size = len(term.words)
    return [(at, at + size - 1) for at in range(len(words)) if tuple(words[at : at + size]) == term.words]


def together(near: Near, words: list[str]) -> bool:
    """Decide as plainly as can be."""
    terms = [part for part in near.of if isinstance(part, Term)]
    for order in [tuple(range(len(terms)))] if near.ordered else permutations(range(len(terms))):
        for chain in product(*(places(terms[number], words) for number in order)):
            apart = all(one[1] < other[0] for one, other in pairwise(chain))
            if apart and chain[-1][0] - chain[0][1] <= near.within:
                return True
    return False


@given(
    st.lists(st.sampled_from(["a", "b", "c", "a b", "b c", "a a"]).map(read_term), min_size=2, max_size=4),
    st.integers(1, 5),
    st.booleans(),
    st.lists(st.sampled_from("aabbcx"), max_size=10),
)
def test_near_agrees_with_the_plainest_search(terms: list[Term], within: int, ordered: bool, words: list[str]) -> None:
    near = Near(of=tuple(terms), within=within, ordered=ordered)
    rules = compile_rules([definition(near)])
    assert (hits(rules, " ".join(words)) == ["r"]) == together(near, words)
    assert tokenize(" ".join(words)).words == words


def test_near_never_spans_two_fields_and_mentions_only_what_is_near() -> None:
    rule = "rules: {r: {near: {of: [a, b], within: 2}}}"
    assert hits(ruleset(rule), "a", "b") == []
    assert mentions(rule, "a x x a b", "b") == [("a", "a", "title"), ("b", "b", "title")]


@pytest.mark.parametrize(
    "text",
    [
        *(
            pytest.param(text, marks=pytest.mark.no_cover)
            for text in ("a " * 60_000, "a b " * 30_000, "a " * 30_000 + "b " * 30_000)
        ),
        "a b c d e " * 10_000,
    ],
)
@pytest.mark.parametrize("of", ["[a, b]", "[a, b, c, d, zz]", "[a a, a, b, a b, c]"])
def test_near_in_a_hostile_text_costs_linear_time(of: str, text: str) -> None:
    """Quadratic work on these would take many minutes; the suite's timeout is a minute."""
    result = ruleset(f"rules: {{r: {{near: {{of: {of}, within: 1000}}}}}}").match(entry("", "", text))
    assert result.failures == ()


def test_near_forgets_what_is_too_far_back_and_nothing_else() -> None:
    rules = ruleset("rules: {r: {near: {of: [a, b], within: 1000}}}")
    many = "a " * (2 * MOST_WORDS + 10)
    assert hits(rules, "", "", f"{many}{'x ' * 990} b") == ["r"]
    assert hits(rules, "", "", f"{many}{'x ' * 1000} b") == []


# -- use ---------------------------------------------------------------------------------------------------------------


def test_a_used_rule_looks_where_both_look_and_keeps_its_limits() -> None:
    rules = ruleset(
        "rules: {r: {use: base, terms: a}, t: {use: base, in: title},"
        " base: {terms: b, none: c, in: [title, summary], lang: en, expires: 2001-01-01}}"
    )
    assert hits(rules, "a b") == ["r", "t"]  # used, it does not expire
    assert hits(rules, "a", "b") == ["r"]
    assert hits(rules, "a", "", "b") == hits(rules, "a b c") == []
    assert rules.match(entry("a b", language="ru")).matches == ()


def test_circles_and_endless_chains_are_mistakes() -> None:
    assert problems_of("rules: {a: {use: b}, b: {all: [{use: c}]}, c: {query: 'x OR use:a'}, d: {use: a}}") == [
        "0.yaml:1:55: a circle: `a` uses `b` uses `c` uses `a`"
    ]
    ring = "rules:\n" + "".join(f"  r{n}: {{use: r{(n + 1) % 1500}}}\n" for n in range(1500))
    (problem,) = problems_of(ring)
    assert problem.startswith("0.yaml:1501:16: a circle: `r0` uses `r1`")
    chain = "rules:\n  r0: x\n" + "".join(f"  r{n}: {{use: r{n - 1}}}\n" for n in range(1, 1500))
    assert problems_of(chain) == ["0.yaml:19:14: a chain of more than 16 rules that use each other"]


def test_rules_that_use_rules_twice_over_cost_no_more_than_they_are() -> None:
    """Without memory this would be 3 to the 16."""
    lines = [
        f"  r{n}: {{all: [{{use: r{n - 1}}}, {{any: [{{use: r{n - 1}}}, {{use: r{n - 1}}}]}}]}}" for n in range(1, 17)
    ]
    rules = ruleset("rules:\n  r0: x\n" + "\n".join(lines))
    assert len(hits(rules, "x")) == 17
    assert said(rules, "y", rule="r16")[0].startswith("all: rule `r15`: there all: rule `r14`: there")
    assert said(rules, "x", rule="r16") == [
        "all: rule `r15`: title has “x”",
        "all: any of rule `r15`, rule `r15`: title has “x”",
    ]


def test_a_trial_may_use_the_rules_of_the_files() -> None:
    trial = document("{use: base, terms: a}", name="-")
    others = document("rules: {base: b, broken: {use: nothing}}")
    rules, problems = load_trial(trial, [others], channels=None, default_notify=(), default_priority=Priority.LOW)
    assert problems == []
    assert rules is not None
    assert hits(rules, "a b") == ["trial"]
    assert list(rules.rules) == ["trial"]


# -- language, source, date --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("codes", "language", "title", "holds"),
    [
        ("en", "en-GB", "go", True),
        ("en", "EN_us", "go", True),
        ("en", "ru", "go", False),
        ("[en, ru]", "ru", "go", True),
        # not told: the script tells
        ("en", "", "go home", True),
        ("ru", "", "go home", False),
        ("ru", "", "go домой", True),
        ("uk", "", "go домой", True),
        ("ja", "", "go 東京へ行く", True),
        ("zh", "", "go 東京へ行く", False),
        ("zh", "", "go 中文报道", True),
        ("ar", "", "go البيت الأبيض", True),
        ("en", "", "go البيت الأبيض", False),
        # or does not
        ("xx", "", "go home", True),
        ("en", "", "1 go 🙂", True),
        ("en", "", "go ⲁⲃⲅⲇⲉⲍ", True),
    ],
)  # fmt: skip
def test_a_language_is_the_feeds_word_else_the_scripts(codes: str, language: str, title: str, *, holds: bool) -> None:
    rules = ruleset(f"rules: {{r: {{terms: go, lang: {codes}}}}}")
    result = rules.match(entry(title, language=language))
    assert bool(result.matches) is holds
    assert result.failures == ()


def test_a_text_without_letters_may_be_in_any_language() -> None:
    assert hits(ruleset("rules: {r: {terms: '112', lang: en}}"), "112") == ["r"]


@pytest.mark.parametrize(
    ("sources", "holds"),
    [
        ("{only: wire}", True),  # the feed's name
        ("{only: [x, state]}", True),  # its tag
        ("only-this", False),
        ("reuters.com", True),  # the link's host
        ("{only: WWW.Reuters.com}", True),
        ("{only: feeds.example.org}", True),  # the feed's host
        ("{only: example.org}", True),
        ("{only: euters.com}", False),
        ("{only: com}", False),
        ("{only: wire, never: state}", False),
        ("{never: reuters.com}", False),
        ("{never: [x, y.org]}", True),
    ],
)
def test_a_source_is_a_feed_a_tag_or_a_host(sources: str, *, holds: bool) -> None:
    rules = ruleset(f"rules: {{r: {{terms: go, sources: {sources}}}}}")
    article = replace(entry("go"), url="https://www.reuters.com/a")
    assert bool(rules.match(article, ("state", "feeds.example.org")).matches) is holds


def test_an_unknown_source_and_a_broken_link_are_no_objection() -> None:
    rules = ruleset("rules: {r: {terms: go, sources: {only: wire, never: x}}}")
    assert rules.match(replace(entry("go"), feed="", url="http://[")).matches


def test_a_rule_is_silent_from_its_last_day_on() -> None:
    rules = ruleset("rules: {r: {terms: go, expires: 2027-06-30}}")
    assert rules.rules["r"].expires == date(2027, 6, 30)
    seen = {day: replace(entry("go"), seen_at=datetime(2027, 6, day, 23, 59, tzinfo=UTC)) for day in (29, 30)}
    assert [bool(rules.match(article).matches) for article in seen.values()] == [True, False]


# -- regular expressions -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("memory", [1 << 26, 200_000, 1_000])
def test_patterns_that_overwhelm_the_set_are_asked_one_by_one(memory: int) -> None:
    wild = [f"[ab]*a[ab]{{{size}}}c" for size in range(10, 40)]
    patterns = Patterns([*wild, "zz", "abc"], memory=memory)
    assert {30, 31} <= set(patterns.find("abbaab" * 20_000 + "abc zz"))
    assert 30 in patterns.find("zz")
    assert 31 not in patterns.find("zz")


@pytest.mark.parametrize("pattern", ["(a+)+b", "(a|a)*b", "([a-z]+)*1", "(.*a){12}b", "(x+x+)+y"])
def test_what_kills_backtracking_engines_is_harmless(pattern: str) -> None:
    rules = ruleset(f"rules: {{r: {{re: '{pattern}'}}}}")
    assert hits(rules, "", "", "a" * 200_000 + "x" * 200_000) == []


def test_regular_expressions_see_any_text_and_show_places_in_characters() -> None:
    assert mentions("rules: {r: {re: 'ш[а-я]+'}}", "\ud800 é😀 шум") == [("ш[а-я]+", "шум", "title")]
    with pytest.raises(ReadingError, match="a lone surrogate"):
        read_regex("\ud800")


def test_a_match_of_nothing_is_no_match() -> None:
    assert list(Patterns(["q*"]).stretches(0, "aqqb")) == [(1, 3)]


# -- beyond one match --------------------------------------------------------------------------------------------------


def test_thresholds_are_read() -> None:
    rules = ruleset("""
rules:
  a: {terms: x, at_least: {entries: 3, sources: 2, within: 2h}, dedup: 24h}
  b: {terms: x, at_least: {sources: 3, within: 2h}}
  c: {terms: x, absent: {within: 24h}}
  d: {terms: x, absent: 1d12h}
  e: {terms: x, spike: {factor: 2.5, over: 1h, baseline: 14d}}
  f: {terms: x, new: true}
  g: {terms: x, new: 7d}
  h: {terms: x, new: {within: 1d}}
""").rules
    hour, day = timedelta(hours=1), timedelta(days=1)
    assert [rule.threshold for rule in rules.values()] == [
        AtLeast(entries=3, sources=2, within=2 * hour),
        AtLeast(entries=3, sources=3, within=2 * hour),
        Absent(within=day),
        Absent(within=36 * hour),
        Spike(factor=2.5, over=hour, baseline=14 * day),
        New(within=30 * day),
        New(within=7 * day),
        New(within=day),
    ]
    assert rules["a"].dedup == day


# -- defaults of a file ------------------------------------------------------------------------------------------------

DEFAULTS = """
defaults: {priority: high, notify: chief, in: title, lang: ru, sources: {never: blog}, dedup: 1h, owner: me, tags: [t]}
rules:
  plain: go
  own: {terms: go, priority: low, notify: desk, in: body, lang: en, sources: wire, dedup: 2h, owner: you, tags: u}
"""


def test_defaults_hold_for_the_rules_of_their_file() -> None:
    rules = ruleset(DEFAULTS, "rules: {elsewhere: go}")
    plain, own, elsewhere = rules.rules.values()
    assert (plain.priority, plain.notify, plain.dedup) == (Priority.HIGH, ("chief",), timedelta(hours=1))
    assert (plain.owner, plain.tags) == ("me", ("t",))
    assert (own.priority, own.notify, own.dedup) == (Priority.LOW, ("desk",), timedelta(hours=2))
    assert (own.owner, own.tags) == ("you", ("u",))
    assert (elsewhere.priority, elsewhere.notify, elsewhere.owner) == (Priority.NORMAL, ("desk",), "")
    by = rules.match
    assert [m.rule.id for m in by(entry("go", language="ru")).matches] == ["plain", "elsewhere"]
    assert [m.rule.id for m in by(entry("go", language="ru"), ("blog",)).matches] == ["elsewhere"]
    assert [m.rule.id for m in by(entry("", "", "go", language="en")).matches] == ["own", "elsewhere"]


def test_the_main_files_defaults_are_not_those_of_its_rules() -> None:
    main = document("defaults: {poll: 5m, priority: high}\nrules: {r: go}")
    rules, problems = load_rules([main], channels=None, default_notify=(), default_priority=Priority.LOW, main=main)
    assert problems == []
    assert rules is not None
    assert rules.rules["r"].priority is Priority.LOW


@pytest.mark.parametrize(
    ("defaults", "expected"),
    [
        ("{poll: 5m}", "0.yaml:1:12: unknown key `poll`"),
        ("{terms: x}", "unknown key `terms`"),
        ("{notify: cheif}", "0.yaml:1:20: unknown channel `cheif`; did you mean `chief`?"),
        ("{priority: top}", "this should be one of"),
        ("[a]", "this should be a mapping"),
        ("{dedup: }", "nothing here"),
    ],
)
def test_mistakes_in_defaults_are_named_once(defaults: str, expected: str) -> None:
    problems = problems_of(f"defaults: {defaults}\nrules: {{a: x, b: y}}")
    assert len(problems) == 1
    assert expected in problems[0]


# -- actors ------------------------------------------------------------------------------------------------------------


def test_a_name_inside_somebody_elses_does_not_count() -> None:
    rules = ruleset(
        "actors: {carter: {names: [Carter, Ash Carter], not: [Jimmy Carter, Carter Center]}}\nrules: {r: {actors: carter}}"
    )
    assert hits(rules, "Carter") == hits(rules, "Jimmy Carter and Carter") == hits(rules, "Ash Carter") == ["r"]
    assert hits(rules, "Jimmy Carter") == hits(rules, "Carter Center", "Jimmy Carter’s") == hits(rules, "x") == []
    assert hits(rules, "Jimmy Carter", "Carter") == ["r"]
    (match,) = rules.match(entry("Jimmy Carter met Carter")).matches
    assert [(mention.start, mention.surface) for mention in match.mentions] == [(17, "Carter")]
    assert said(rules, "Jimmy Carter") == [
        "actors: actor `carter`: title has “Carter”, but only in somebody else's name"
    ]


def test_a_title_is_shown_with_the_name() -> None:
    text = (
        "actors: {s: {names: [Shoygu, Sergei Shoygu], title: [Minister, defence secretary]}}\nrules: {r: {actors: s}}"
    )
    assert mentions(text, "Defence-Secretary Sergei Shoygu", "Minister Shoygu, Shoygu") == [
        ("s", "Defence-Secretary Sergei Shoygu", "title"), ("s", "Minister Shoygu", "summary"), ("s", "Shoygu", "summary"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("actor", "expected"),
    [
        ("{names: x, wikidata: 12}", "`12` is no Wikidata id: write it like `Q1234`"),
        ("{names: x, wikidata: Q01}", "`Q01` is no Wikidata id"),
        ("{names: x, not: y}", "0.yaml:1:29: `y` holds none of the names"),
        ("{names: x, not: x}", "`x` holds none of the names"),
        ("{names: x, not: '!'}", "a term without any letter"),
        ("{names: x, title: minist*}", "a title is whole words"),
        ("{names: x, title: [" + ", ".join(f"t{n}" for n in range(30)) + "]}", "more than 20 titles"),
        ("{names: x, titel: y}", "unknown key `titel`; did you mean `title`?"),
    ],
)
def test_mistakes_in_actors(actor: str, expected: str) -> None:
    problems = problems_of(f"actors: {{a: {actor}}}")
    assert len(problems) == 1
    assert expected in problems[0]


def test_a_context_may_hold_the_beginning_of_a_word() -> None:
    rules = ruleset("actors: {c: {names: [Cart*], not: [horse carts, go carts*]}}\nrules: {r: {actors: c}}")
    assert hits(rules, "Carter") == ["r"]
    assert hits(rules, "horse carts") == hits(rules, "go cartsmen") == []


# -- explained ---------------------------------------------------------------------------------------------------------

WHOLE = """
rules:
  base: {terms: o, none: p}
  r:
    all: [{near: {of: [a, [b, c]], within: 2, ordered: true}}, {in: title, any: [d]}, {all: [e, f]}]
    exact: US
    re: "[0-9]+x"
    use: base
    none: [{near: {of: [y, z], within: 1}}]
    lang: [en, ru]
    sources: {only: [wire, reuters.com], never: blog}
    min_count: 9
    expires: 2015-01-01
"""


def test_every_clause_says_what_it_asks_and_what_it_met() -> None:
    assert said(ruleset(WHOLE), "a b d e f US 1x o", "a", language="en") == [
        "all: `a`, (any of `b`, `c`) within 2 words in this order: title has “a”, “b”",
        "all: `d` in `title`: title has “d”",
        "all: all of `e`, `f`: title has “e”, “f”",
        "exact: exactly `US`: title has “US”",
        "re: a match of `[0-9]+x`: title has “1x”",
        "use: rule `base`: title has “o”",
        "none: no (`y`, `z` within 1 word): not found",
        "lang: `en`, `ru`: the entry is in `en`",
        "sources: only `wire`, `reuters.com`, never `blog`: it comes from `wire`",
        "min_count: at least 9 places: 8 found",
        "expires: before 2015-01-01: seen on 2015-09-18",
    ]


def test_a_clause_that_fails_although_its_words_stand_says_why() -> None:
    assert said(ruleset(WHOLE), "b a e us o p", "y x z d") == [
        "all: `a`, (any of `b`, `c`) within 2 words in this order: title has “b”, “a”, but not so near each other in this order",
        "all: `d` in `title`: summary has “d”, but not in the right field",
        "all: all of `e`, `f`: title has “e”, but not all of it",
        "exact: exactly `US`: title has “us”, but not in this very form",
        "re: a match of `[0-9]+x`: not found",
        "use: rule `base`: title has “o”, “p”, there none: no `p`: title has “p”",
        "none: no (`y`, `z` within 1 word): summary has “y”, “z”, but not so near each other",
        "lang: `en`, `ru`: not told; letters: Latin",
        "sources: only `wire`, `reuters.com`, never `blog`: it comes from `wire`",
        "min_count: at least 9 places: 2 found",
        "expires: before 2015-01-01: seen on 2015-09-18",
    ]  # fmt: skip


def test_what_is_not_told_is_said() -> None:
    rules = ruleset("rules: {r: {terms: '1', lang: en, sources: {never: a}, min_count: 1}}")
    answers = explain(rules, "r", replace(entry("1"), feed="")).clauses
    assert [str(answer) for answer in answers][1:] == [
        "lang: `en`: not told; letters: none",
        "sources: never `a`: not known here",
        "min_count: at least 1 place: 1 found",
    ]


# -- examples ----------------------------------------------------------------------------------------------------------


def test_examples_say_their_language_and_source() -> None:
    rules = ruleset("""
rules:
  r:
    terms: go
    lang: ru
    sources: {only: [tass, state], never: blog}
    hits:
      - {title: go, lang: ru, source: tass}
      - {title: go, lang: ru, source: [other, state]}
      - {title: go, lang: ru}
    misses:
      - {title: go, lang: en, source: tass}
      - {title: go, lang: ru, source: ria}
      - {title: go, lang: ru, source: [tass, blog]}
      - {title: go, lang: ru, source: tass}
""")
    results = run_examples(rules)
    assert [result.passed for result in results] == [True] * 6 + [False]
    assert results[-1].explanation == "terms: `go`: title has “go”"
