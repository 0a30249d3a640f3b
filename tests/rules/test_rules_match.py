"""The matcher: clauses, fields, mentions, order, and equality with the plainest matcher one can write."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import Problem
from monitor.model import Entry, Field, Match, Rule
from monitor.rules.anchors import Anchors, Needs
from monitor.rules.compile import compile_rules
from monitor.rules.conditions import OneOf, Seen
from monitor.rules.index import Index
from monitor.rules.lazy import Derived
from monitor.rules.match import MOST_MENTIONS, MatchResult, Ruleset, Sight
from monitor.rules.term import read_term
from monitor.rules.terms import MOST_REMEMBERED, Terms
from monitor.rules.tree import Actor, AllOf, AnyOf, Clause, Definition, Example, Node, NoneOf, Term
from monitor.text.fold import tokenize
from tests.rules.building import entry, hits, ruleset

DESK = """
actors:
  shoygu: [Shoygu, Shoigu, Шойгу, Choïgou, Schoigu, 绍伊古, شويغو]
  carter: {names: [Ash Carter, Ashton Carter, Secretary Carter], wikidata: Q1, note: of 2015}
rules:
  mil-to-mil: military-to-military
  deconfliction: [deconflict*, de-conflict*]
  shoygu: {actors: shoygu}
  us-russia-syria:
    title: US–Russia military contacts over Syria
    terms: [military-to-military, military talks, deconflict*]
    actors: [shoygu, carter]
    all: [Syria]
    none: [football]
    in: [title, summary]
"""


def found(match: Match) -> list[tuple[str, str, str]]:
    for mention in match.mentions:
        assert getattr(match.entry, mention.field)[mention.start : mention.end] == mention.surface
    return [(mention.name, mention.surface, mention.field.value) for mention in match.mentions]


def mentions(text: str, title: str = "", summary: str = "", body: str = "") -> list[tuple[str, str, str]]:
    (match,) = ruleset(text).match(entry(title, summary, body)).matches
    return found(match)


# -- clauses -----------------------------------------------------------------------------------------------------------


def test_one_entry_and_all_its_reasons() -> None:
    rules = ruleset(DESK)
    article = entry("Carter calls Shoygu’s deconfliction in Syria “military‑to–mili\xadtary”", "俄国防部长绍伊古访问")
    result = rules.match(article)
    assert [match.rule for match in result.matches] == [rules.rules[match.rule.id] for match in result.matches]
    assert {match.rule.id: found(match) for match in result.matches} == {
        "mil-to-mil": [("military-to-military", "military‑to–mili\xadtary", "title")],
        "deconfliction": [("deconflict*", "deconfliction", "title")],
        "shoygu": [("shoygu", "Shoygu", "title"), ("shoygu", "绍伊古", "summary")],
        "us-russia-syria": [
            ("shoygu", "Shoygu", "title"),
            ("deconflict*", "deconfliction", "title"),
            ("Syria", "Syria", "title"),
            ("military-to-military", "military‑to–mili\xadtary", "title"),
            ("shoygu", "绍伊古", "summary"),
        ],
    }
    assert all(match.entry is article for match in result.matches)


@pytest.mark.parametrize(
    "title",
    [
        "Shoygu and Syria",  # no term
        "Military talks on Syria",  # no actor
        "Shoygu ready for military talks",  # not Syria
        "Shoygu ready for military talks on Syria after football",  # football
    ],
)
def test_keys_mean_all(title: str) -> None:
    assert "us-russia-syria" not in hits(ruleset(DESK), title)
    assert "us-russia-syria" in hits(ruleset(DESK), "Shoygu ready for military talks on Syria")


def test_clauses_may_be_met_in_different_fields_but_only_in_those_of_the_rule() -> None:
    rules = ruleset(DESK)
    assert "us-russia-syria" in hits(rules, "Shoigu: military talks", "on Syria")
    assert "us-russia-syria" not in hits(rules, "Shoigu: military talks", "", "on Syria")
    assert "us-russia-syria" in hits(rules, "Shoigu: military talks on Syria", "", "football")


def test_a_phrase_never_spans_two_fields() -> None:
    rules = ruleset("rules: {r: military talks}")
    assert hits(rules, "new military", "talks begin") == []
    assert hits(rules, "", "", "military\ntalks") == ["r"]


@pytest.mark.parametrize(("field", "expected"), [("title", "a"), ("summary", "b"), ("body", "c")])
def test_in_restricts_every_clause(field: str, expected: str) -> None:
    rules = ruleset(f"rules: {{r: {{terms: [a, b, c], none: zz, in: {field}}}}}")
    texts = {"title": "a", "summary": "b", "body": "c"} | {other: "zz a" for other in Field if other != field}
    (match,) = rules.match(entry(**texts)).matches
    assert found(match) == [(expected, expected, field)]


def test_all_takes_actors_and_every_one_of_them() -> None:
    rules = ruleset(
        "actors: {x: [Ex, Xe], y: Why}\nrules: {r: {all: ['actor:x', 'actor: y', end]}, s: {terms: ['actor:x', only]}}"
    )
    assert hits(rules, "Xe why end") == ["r", "s"]
    assert hits(rules, "Ex end") == ["s"]
    assert hits(rules, "only") == ["s"]


def test_none_takes_actors() -> None:
    rules = ruleset("actors: {x: [Ex, Xe]}\nrules: {r: {terms: go, none: 'actor:x'}}")
    assert hits(rules, "go") == ["r"]
    assert hits(rules, "go xe") == []


def test_rules_answer_in_the_order_of_the_files() -> None:
    rules = ruleset("rules: {z: go, a: [go, stop], m: stop}", "rules: {b: go}")
    assert hits(rules, "stop go") == ["z", "a", "m", "b"]
    assert list(rules.rules) == ["z", "a", "m", "b"]


def test_an_empty_rule_set_matches_nothing() -> None:
    assert ruleset("feeds: {}").match(entry("anything")) == MatchResult()
    assert hits(ruleset("rules:"), "anything") == []
    assert hits(ruleset("rules: {r: x}")) == []


# -- mentions ----------------------------------------------------------------------------------------------------------


def test_of_overlapping_mentions_the_longest_stays() -> None:
    text = "rules: {r: [military, military talks, talks on, talks on Damascus, Syria]}"
    assert mentions(text, "military talks on Damascus") == [
        ("military", "military", "title"),
        ("talks on Damascus", "talks on Damascus", "title"),
    ]
    assert mentions(text, "military talks", "Syria") == [
        ("military talks", "military talks", "title"),
        ("Syria", "Syria", "summary"),
    ]


def test_a_chain_of_overlaps_keeps_both_ends() -> None:
    assert mentions("rules: {r: [a bb, bb ccc, ccc dddd eeeee]}", "a bb ccc dddd eeeee") == [
        ("a bb", "a bb", "title"),
        ("ccc dddd eeeee", "ccc dddd eeeee", "title"),
    ]


def test_words_that_stand_at_one_place_are_mentioned_once() -> None:
    assert mentions("rules: {r: [deconflict*, deconfliction]}", "deconfliction") == [
        ("deconflict*", "deconfliction", "title")
    ]
    assert mentions("rules: {r: [1, 2]}", "2½") == [("1", "2½", "title")]
    shared = "actors: {x: [Same, Ex], y: [SAME]}\nrules: {r: {actors: [x, y]}}"
    assert mentions(shared, "same") == [("x", "same", "title")]


def test_words_of_none_are_never_mentioned() -> None:
    assert mentions("rules: {r: {terms: go, none: stop, in: title}}", "go", "stop") == [("go", "go", "title")]


def test_mentions_of_a_hostile_text_are_bounded() -> None:
    listed = mentions("rules: {r: [go, stop]}", "go " * 50_000, "stop " * 50_000)
    assert len(listed) == MOST_MENTIONS
    assert listed[0] == ("go", "go", "title")


def test_what_is_seen_is_a_mapping_of_places_within_the_fields_asked_for() -> None:
    rules = ruleset("rules: {r: [go, stop now, 'ab*']}")
    sight = rules.look(entry("go go", "stop now", "ab abc go"))
    seen = sight.within()
    numbers = {text: rules.index.number(term(text)) for text in ("go", "stop now", "ab*")}
    assert {text: seen[number] for text, number in numbers.items()} == {
        "go": [(0, 0, 0), (0, 1, 1), (2, 2, 2)],
        "stop now": [(1, 0, 1)],
        "ab*": [(2, 0, 0), (2, 1, 1)],
    }
    assert set(seen) == set(seen.keys()) == seen.terms >= set(numbers.values())
    assert len(seen) == len(set(seen))
    summary = sight.within(frozenset({1}))
    assert summary.get(numbers["stop now"]) == [(1, 0, 1)]
    assert summary.get(numbers["go"]) is None


def test_what_was_compiled_is_forgotten_and_compiled_anew() -> None:
    rules = ruleset("rules: {first: go, second: [stop, go]}")
    before, compiled = rules.match(entry("go")), rules.compiled["first"]
    assert rules.compiled["first"] is compiled
    rules.rest()
    assert rules.compiled["first"] is not compiled
    assert rules.match(entry("go")) == before
    fixed = replace(rules, compiled=dict(rules.compiled))
    fixed.rest()  # nothing there could be made anew
    assert fixed.match(entry("go")) == before


# -- a rule that breaks ------------------------------------------------------------------------------------------------


class Broken(OneOf):
    def holds(self, seen: Seen) -> bool:
        raise ZeroDivisionError(f"{len(seen)} words")


def test_a_rule_that_breaks_is_recorded_and_passed_over() -> None:
    rules = ruleset("rules: {first: go, broken: go, last: go}")
    sick = replace(rules.compiled["broken"], conditions=(Broken({0: "go"}),))
    rules = replace(rules, compiled={**rules.compiled, "broken": sick})
    result = rules.match(entry("go"))
    assert [match.rule.id for match in result.matches] == ["first", "last"]
    assert result.failures == (("broken", "ZeroDivisionError: 1 words"),)
    assert rules.hits(entry("go")) == {"first", "last"}


# -- the whole tree, as nested groups will use it ----------------------------------------------------------------------


def definition(node: Node, *, name: str = "r", fields: tuple[Field, ...] = tuple(Field)) -> Definition:
    return Definition(
        rule=Rule(id=name, title=name), clauses=(Clause(key="terms", node=node),), fields=fields, place="rules.yaml:1"
    )


def candidates(rules: Ruleset, title: str) -> list[int]:
    return rules.anchors.candidates(Sight(entry(title), rules.index).within().terms)


def term(text: str) -> Term:
    return read_term(text)


def test_groups_may_be_nested() -> None:
    either = AnyOf(parts=(AllOf(parts=(term("a"), term("b"))), AllOf(parts=(term("c"), NoneOf(parts=(term("d"),))))))
    rules = compile_rules([definition(either)])
    assert [hits(rules, text) for text in ("a b", "c", "a", "c d", "d")] == [["r"], ["r"], [], [], []]
    (match,) = rules.match(entry("a c")).matches
    assert found(match) == [("c", "c", "title")]  # the branch that does not hold is no reason


def test_a_rule_that_needs_no_word_is_asked_about_every_entry() -> None:
    rules = compile_rules([definition(AnyOf(parts=(term("a"), NoneOf(parts=(term("b"),)))))])
    assert [hits(rules, text) for text in ("a b", "", "b", "x")] == [["r"], ["r"], [], ["r"]]


words = st.sampled_from("abcde")
phrases = st.lists(words, min_size=1, max_size=3).map(" ".join)
starred = st.sampled_from(["ab*", "ba*", "a ba*", "abab*", "a b ab*", "aba aba*", "ab ab*"])
leaves = st.one_of(
    phrases.map(term),
    starred.map(term),
    st.lists(phrases, min_size=1, max_size=3).map(lambda names: Actor(id="x", names=tuple(map(term, names)))),
)


def groups(children: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    parts = st.lists(children, min_size=1, max_size=3).map(tuple)
    return st.builds(AnyOf, parts=parts) | st.builds(AllOf, parts=parts) | st.builds(NoneOf, parts=parts)


nodes: st.SearchStrategy[Node] = st.recursive(leaves, groups, max_leaves=6)
some_fields = st.sets(st.sampled_from(list(Field)), min_size=1).map(tuple)
few_or_many = st.sampled_from([0, 1_000])  # terms in an automaton
texts = st.lists(st.sampled_from(["a", "b", "c", "d", "e", "ab", "aba", "abab", "ba", "½"]), max_size=16).map(" ".join)


def holds(node: Node, texts: Sequence[list[str]]) -> bool:
    """Decide as plainly as can be: this is what the matcher must agree with."""
    match node:
        case Term():
            return any(stands(node, words) for words in texts)
        case Actor():
            return any(holds(name, texts) for name in node.names)
        case AnyOf():
            return any(holds(part, texts) for part in node.parts)
        case AllOf():
            return all(holds(part, texts) for part in node.parts)
        case NoneOf():
            return not any(holds(part, texts) for part in node.parts)
        case _:
            raise AssertionError(node)


def stands(wanted: Term, words: list[str]) -> bool:
    *before, last = wanted.words
    for start in range(len(words) - len(before)):
        word = words[start + len(before)]
        fits = word.startswith(last) if wanted.prefix else word == last
        if fits and words[start : start + len(before)] == before:
            return True
    return False


def read(article: Entry, fields: Sequence[Field]) -> Iterator[list[str]]:
    return (tokenize(getattr(article, field)).words for field in fields)


@settings(max_examples=60)
@given(st.lists(st.tuples(nodes, some_fields), min_size=1, max_size=12), texts, texts, texts)
def test_the_index_agrees_with_the_plainest_matcher(
    rules: list[tuple[Node, tuple[Field, ...]]], title: str, summary: str, body: str
) -> None:
    article = entry(title, summary, body)
    definitions = [definition(node, name=f"r{number}", fields=fields) for number, (node, fields) in enumerate(rules)]
    expected = [
        each.rule.id
        for each, (node, _) in zip(definitions, rules, strict=True)
        if holds(node, list(read(article, each.fields)))
    ]
    result = compile_rules(definitions).match(article)
    assert [match.rule.id for match in result.matches] == expected
    assert compile_rules(definitions).hits(article) == {*expected}
    for match in result.matches:
        found(match)
        places = [(list(Field).index(m.field), m.start, m.end) for m in match.mentions]
        assert places == sorted(places)
        assert all(one[0] < two[0] or one[2] <= two[1] for one, two in pairwise(places))


@given(st.lists(st.one_of(phrases, starred), min_size=1, max_size=30), st.lists(texts, max_size=3), few_or_many)
def test_an_index_finds_each_term_and_actor_at_all_its_places(terms: list[str], fields: list[str], most: int) -> None:
    numbered = Terms()
    wanted: list[tuple[Term, ...]] = [(term(each),) for each in terms]
    numbers = [numbered.add(each) for each, *_ in wanted]
    actors = [Actor(id="x", names=tuple(map(term, terms[at : at + 3]))) for at in range(0, len(terms), 2)]
    wanted += [actor.names for actor in actors]
    numbers += map(numbered.add, actors)
    index = Index(numbered, most_in_automaton=most)
    tokens_read = [tokenize(text) for text in fields]
    words_read = [tokens.words for tokens in tokens_read]
    reading = index.read(tokens_read)
    for names, number in zip(wanted, numbers, strict=True):
        expected = {
            (field, start, start + len(name.words) - 1)
            for field, words in enumerate(words_read)
            for name in names
            for start in range(len(words))
            if stands(name, words[start : start + len(name.words)])
        }
        assert (number in reading.terms) == bool(expected)
        if expected:
            assert reading.places(number) == sorted(expected)
            spans = [(field, *tokens_read[field].span(first, last)) for field, first, last in sorted(expected)]
            assert list(dict.fromkeys(reading.spans(number, {0, 2}))) == list(
                dict.fromkeys(span for span in spans if span[0] in {0, 2})
            )
    for field in range(len(fields)):
        there = {number for number in numbers if any(place[0] == field for place in reading.places(number))}
        assert reading.terms_in({field}) & {*numbers} == there
    stems = {index.number(term(word)) for text in terms for word in text.split() if word.endswith("*")}
    assert reading.terms <= {*numbers, *stems}


def test_an_index_knows_the_numbers_that_were_given() -> None:
    numbered = Terms()
    known: list[Term | Actor] = [term("a"), term("a b"), term("ab"), term("ab*"), Actor(id="x", names=(term("a"),))]
    known += [Actor(id="x", names=(term("a"), term("b"))), Actor(id="y", names=(term("b"), term("c")))]
    numbers = list(map(numbered.add, known))
    index = Index(numbered)
    assert list(map(index.number, known)) == list(map(numbered.add, known)) == numbers
    assert len(set(numbers)) == len(known) - 1  # an actor with one name is that name
    assert [number for number in numbers if number < 0] == [-1, -2]
    others: list[Term | Actor] = [Actor(id="z", names=(term("a"), term(name))) for name in "cz"]
    for unknown in (term("b a"), term("z"), term("zz*"), term("ab b"), term("a bb*"), *others):
        with pytest.raises(KeyError):
            index.number(unknown)


@pytest.mark.parametrize("most_in_automaton", [0, 1_000])
def test_spellings_that_stand_at_one_place_are_one_place(most_in_automaton: int) -> None:
    numbered = Terms()
    actor = numbered.add(Actor(id="x", names=(term("shoyg*"), term("shoygu"), term("de shoyg*"))))
    reading = Index(numbered, most_in_automaton=most_in_automaton).read([tokenize("de shoygu"), tokenize("a shoygus")])
    assert reading.places(actor) == [(0, 0, 1), (0, 1, 1), (1, 1, 1)]


@pytest.mark.parametrize("most_in_automaton", [0, 1_000])
def test_an_index_tells_in_which_fields_a_term_stands(most_in_automaton: int) -> None:
    numbered = Terms()
    talks, phrase = numbered.add(term("talks")), numbered.add(term("in syria"))
    reading = Index(numbered, most_in_automaton=most_in_automaton).read([*map(tokenize, ("talks", "in syria", ""))])
    assert [reading.terms_in(fields) for fields in ({0}, {1}, {2}, {0, 1, 2})] == [
        {talks},
        {phrase},
        set(),
        {talks, phrase},
    ]


@pytest.mark.parametrize("most_in_automaton", [0, 1_000])
def test_an_index_tells_where_a_term_stands_in_characters(most_in_automaton: int) -> None:
    numbered = Terms()
    talks, stem = numbered.add(term("talks on Syria")), numbered.add(term("talk*"))
    fields = ("Talks – on Syria; talked", "talks", "  «Talks» on  Syria")
    reading = Index(numbered, most_in_automaton=most_in_automaton).read([*map(tokenize, fields)])
    spans = [*reading.spans(talks, {0, 2}), *reading.spans(stem, {0})]
    assert [(field, fields[field][start:end]) for field, start, end in spans] == [
        (0, "Talks – on Syria"),
        (2, "Talks» on  Syria"),
        (0, "Talks"),
        (0, "talked"),
    ]


@pytest.mark.parametrize("most_in_automaton", [0, 1_000])
def test_phrases_that_begin_or_end_alike_are_told_apart(most_in_automaton: int) -> None:
    texts = ("a b", "a b c", "a b c d", "a b x", "c d", "b ex*", "a b ex*", "c b ex*", "ex*")
    numbered = Terms()
    numbers = {numbered.add(term(text)): text for text in texts}
    index = Index(numbered, most_in_automaton=most_in_automaton)

    def found(*fields: str) -> set[str]:
        return {numbers[number] for number in index.read([*map(tokenize, fields)]).terms}

    assert found("a b c") == {"a b", "a b c"}
    assert found("a b c", "d") == {"a b", "a b c"}  # no phrase crosses from field to field
    assert found("b c d") == {"c d"}
    assert found("x a b exact") == {"a b", "b ex*", "a b ex*", "ex*"}
    assert found("b exact a b", "x") == {"b ex*", "ex*", "a b"}


def test_an_index_that_forgets_what_words_mean_finds_it_again() -> None:
    numbered = Terms()
    rare = [numbered.add(Term(text=f"w{n}", words=(f"w{n}",))) for n in range(MOST_REMEMBERED + 1)]
    index = Index(numbered, most_in_automaton=0)
    words_read = ["w7", *(f"w{n}" for n in range(MOST_REMEMBERED + 1)), "x" * 100, "w7"]
    for _ in range(2):
        reading = index.read([tokenize(" ".join(words_read))])
        assert reading.terms == set(rare)
        assert reading.places(rare[7]) == [(0, 0, 0), (0, 8, 8), (0, len(words_read) - 1, len(words_read) - 1)]


def test_anchors_that_forget_who_stands_around_a_term_find_it_again() -> None:
    needs = Needs()
    for pair in ((1, 4), (1, 5), (2, 4), (3, 5)):
        needs.add([[term] for term in pair])
    anchors = Anchors(needs, [0, 1, 2, 3, 4, 5], most_remembered=2)
    for _ in range(2):
        found = [anchors.candidates({*seen}) for seen in ((1, 5), (2, 5), (2, 4), (1, 3, 4, 5), (4, 5))]
        assert found == [[1], [], [2], [0, 1, 3], []]


def test_rules_too_broad_to_pair_are_found_too() -> None:
    left, right = (AnyOf(parts=tuple(term(f"{side}{n}") for n in range(40))) for side in "lr")
    rules = compile_rules([definition(AllOf(parts=(left, right)))])
    assert hits(rules, "l7 and r31") == ["r"]
    assert hits(rules, "l7 and l8") == []


# -- identity and cost -------------------------------------------------------------------------------------------------


def test_the_hash_tells_what_rules_say_and_nothing_else() -> None:
    base = "rules: {r: {terms: [a, b], all: c}}"
    same = [
        "# a comment\nrules:\n  r:\n    all: [c]\n    terms: [a, b]\n    hits: a c\n    owner: me\n",
        "actors: {unused: x}\nrules: {r: {terms: [a, b], all: c}}",
    ]
    other = [
        "rules: {r: {terms: [a, bb], all: c}}",
        "rules: {r: {terms: [a], all: [b, c]}}",
        "rules: {r: {terms: [a, b], all: c, priority: high}}",
        "rules: {r: {terms: [a, b], all: c, in: title}}",
        "rules: {r: {terms: [a, b], all: c}, s: x}",
        "rules:",
    ]
    assert {ruleset(text).hash for text in same} == {ruleset(base).hash}
    assert len({ruleset(text).hash for text in [base, *other]}) == len(other) + 1
    assert len(ruleset(base).hash) == 16
    assert int(ruleset(base).hash, 16) >= 0


def test_examples_are_no_part_of_the_hash() -> None:
    example = Example(hit=True, title="x", blame=lambda: Problem(file="f", message="m"))
    plain = definition(term("a"))
    assert compile_rules([plain]).hash == compile_rules([replace(plain, examples=(example,))]).hash


def test_what_compiling_needs_is_freed_at_once() -> None:
    """What refers to itself would stay for good: rules are compiled without the collector, and frozen then."""
    definitions = [definition(AnyOf(parts=(Actor(id="a", names=(term("x"),), unless=(term("x y"),)), term("b"))))]
    gc.collect()
    gc.disable()
    try:
        compile_rules(definitions)
        assert gc.collect() == 0
    finally:
        gc.enable()


@pytest.mark.no_cover
def test_three_thousand_rules_share_their_terms() -> None:
    rules = ruleset("rules:\n" + "".join(f"  r{number}: {{all: [common, word{number}]}}\n" for number in range(3_000)))
    assert len(rules.rules) == 3_000
    assert hits(rules, "common word77 word2999") == ["r77", "r2999"]
    # anchored at the rare word: a text with the common one alone asks no rule
    assert candidates(rules, "common thing") == []
    assert candidates(rules, "common word77 thing") == [77]


@pytest.mark.no_cover
@pytest.mark.parametrize(
    ("terms", "text"),
    [
        ("[a, a a, a a a, a a a a a a a a]", "a " * 30_000),
        ("[ab*, abab*, ababab*]", "ab" * 250_000),
        ("[ab*]", " ".join(f"ab{number}" for number in range(100_000))),
        (f"[{'a ' * 31} b]", "a " * 30_000),
        ("[é]", "é" * 250_000),
    ],
)
def test_hostile_text_costs_linear_time(terms: str, text: str) -> None:
    """Quadratic work on these would take many minutes; the suite's timeout is a minute."""
    result = ruleset(f"rules: {{r: {terms}}}").match(entry("x", "", text))
    assert result.failures == ()
    assert all(len(match.mentions) <= MOST_MENTIONS for match in result.matches)


def work(terms: str, text: str) -> int:
    """Count the calls, of Python and of C, that one match makes."""
    rules, article = ruleset(f"rules: {{r: {terms}}}"), entry("x", "", text)
    rules.match(article)  # words and rules are met
    calls = 0

    def count(*_: object) -> None:
        nonlocal calls
        calls += 1

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        rules.match(article)
    finally:
        sys.setprofile(before)
    return calls


@pytest.mark.parametrize(
    ("terms", "piece"),
    [
        ("[a, a a, a a a, a a a a a a a a]", "a "),
        ("[ab*, abab*, a ab*, a b ab*]", "abab a b ab "),
        (f"[{'a ' * 31} b]", "a "),
        (f"[{', '.join(f'w{n}' for n in range(40))}]", " ".join(f"w{n} v" for n in range(40)) + " "),
        ("{all: [a, b], none: c}", "a b "),
    ],
)
def test_the_work_grows_no_faster_than_the_text(terms: str, piece: str) -> None:
    once, thrice = work(terms, piece * 400), work(terms, piece * 1200)
    assert once > 10
    assert thrice <= 3.2 * once


def test_compiled_rules_remembered_are_bounded() -> None:
    made: list[str] = []

    def name(one: Definition) -> str:
        made.append(one.rule.id)
        return one.rule.title

    definitions = {key: definition(term("a"), name=key) for key in "abc"}
    names = Derived(definitions, name, remember=2)
    assert [names[key] for key in "aabbccaa"] == list("aabbccaa")
    assert made == ["a", "b", "c", "a"]
    assert (list(names), len(names), "b" in names, "d" in names) == (["a", "b", "c"], 3, True, False)
    with pytest.raises(KeyError):
        names["d"]


def test_threads_share_a_rule_set_while_it_fills_its_memory() -> None:
    lines = "".join(f"  r{n}: {{all: [w{n % 50}, 'v{n % 7}*'], none: w{n % 11}x}}\n" for n in range(300))
    articles = [entry(f"w{n % 50} v{n % 7}y w{n % 13}x", f"w{n % 31} v{n}") for n in range(200)]
    alone = ruleset("rules:\n" + lines)
    expected = [[match.rule.id for match in alone.match(article).matches] for article in articles]
    shared = ruleset("rules:\n" + lines)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(shared.match, articles * 8))
    assert [[match.rule.id for match in answer.matches] for answer in answers] == expected * 8
    assert any(expected)
