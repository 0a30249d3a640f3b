"""Queries: boolean search as people write it, the mistakes in it, and the same tree in two spellings."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from monitor.document import parse_document
from monitor.model import Field, Priority
from monitor.rules.load import load_rules
from monitor.rules.parts import PartReader
from monitor.rules.query import DEEPEST_QUERY, LONGEST_QUERY, parse_query
from monitor.rules.query_words import QueryError
from monitor.rules.spell import normal, spell_conditions
from monitor.rules.spell_query import spell_query
from monitor.rules.term import read_exact, read_term
from monitor.rules.tree import Actor, AllOf, AnyOf, Exact, In, Near, Node, NoneOf, Regex, Term, Use, watches
from monitor.rules.vocabulary import Vocabulary
from tests.rules.building import document, hits, problems_of, ruleset

ACTORS = "actors: {shoygu: [Shoygu, Шойгу]}\n"


def vocabulary() -> Vocabulary:
    known = Vocabulary()
    known.actors["shoygu"] = Actor(id="shoygu", names=(read_term("Shoygu"),))
    known.rules = ("other", "r-2")
    return known


def query(text: str) -> Node:
    return parse_query(text, vocabulary())


# -- what it means -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found", "not_found"),
    [
        ("talks", ["Talks on"], ["talk"]),
        ("military talks", ["talks of the military"], ["talks"]),  # a blank is an AND
        ('"military talks"', ["military talks"], ["talks of the military"]),
        ("“military talks”", ["military talks"], ["talks of the military"]),
        ("«military talks»", ["military talks"], ["talks of the military"]),
        ("military-talks", ["military talks"], ["talks of the military"]),
        ("deconflict*", ["deconfliction"], ["conflict"]),
        ('"military talk*"', ["military talking"], ["talk military"]),
        ("a AND b", ["b a"], ["a"]),
        ("a OR b OR c", ["c", "b x"], ["x"]),
        ("a NOT b", ["a"], ["a b"]),
        ("a AND NOT b", ["a"], ["a b"]),
        ("a NOT (b OR c)", ["a"], ["a b", "c a"]),
        ("a AND (b OR NOT c)", ["a", "a b c"], ["a c"]),
        ("NOT b a", ["a"], ["a b"]),
        ("NOT NOT a AND x", ["a x"], ["x"]),
        ("(a OR b) AND (c OR d)", ["a d"], ["a b"]),
        ("a NEAR/2 b", ["a x b", "b a"], ["a x y b"]),
        ("a near/2 b", ["b x a"], ["a x y b"]),
        ("a ONEAR/2 b", ["a x b"], ["b x a", "b a"]),
        ("a NEAR/3 b NEAR/3 c", ["c a b"], ["a x x b x c"]),
        ("(a OR b) NEAR/1 c", ["b c"], ["b x c"]),
        ("NOT a NEAR/1 b AND c", ["c a x b"], ["c a b"]),
        ("actor:shoygu NEAR/2 talks", ["Шойгу: talks"], ["Шойгу"]),
        ("actor: shoygu", ["Shoygu"], ["x"]),
        ("exact:US", ["the US said"], ["us"]),
        ('exact:"the US"', ["in the US"], ["The US"]),
        ('re:"[0-9]+ dead"', ["12 dead"], ["dead"]),
        ('re:"a""b"', ['a"b'], ["ab"]),
        ("use:other AND b", ["other b"], ["b", "other"]),
        ("title:a", ["a"], ["b"]),
        ("title:(a OR b)", ["b"], ["c"]),
        ("title,summary:a", ["a"], ["c"]),
        ('"AND"', ["and so"], ["x"]),
        ('"Yahoo!" "near5"', ["Yahoo near5"], ["near5"]),
        ("near far", ["far near"], ["far"]),
    ],
)
def test_a_query_means_what_people_expect(text: str, found: list[str], not_found: list[str]) -> None:
    written = yaml.safe_dump({"rules": {"r": {"query": text}, "other": "other"}}, allow_unicode=True)
    rules = ruleset(ACTORS + written)
    assert [title for title in (*found, *not_found) if "r" in hits(rules, title)] == found


def test_a_field_is_looked_at_alone() -> None:
    rules = ruleset("rules: {r: {query: 'title:a AND summary,body:(b OR c)'}}")
    assert hits(rules, "a", "b") == hits(rules, "a", "", "c") == ["r"]
    assert hits(rules, "a b") == hits(rules, "b", "a") == []


def test_a_query_stands_beside_other_keys() -> None:
    rules = ruleset("rules: {r: {query: a OR b, none: c, in: title}}")
    assert hits(rules, "b") == ["r"]
    assert hits(rules, "b c") == hits(rules, "", "b") == []


# -- what is wrong with it ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "at", "said"),
    [
        ("", "", "an empty query"),
        ("   ", "", "an empty query"),
        ("(a OR b", "(", "this parenthesis is never closed"),
        ("a OR (", "(", "this parenthesis is never closed"),
        ("a AND b)", ")", "this parenthesis closes nothing"),
        ("a AND ()", ")", "nothing between the parentheses"),
        ('a AND "b c', '"', "this quote is never closed"),
        ('re:"b c', '"', "this quote is never closed"),
        ("re:“b”", "“", "only straight quotes"),
        ("a AND", "AND", "`AND` needs something behind it"),
        ("OR a", "OR", "`OR` needs something before it"),
        ("a AND OR b", "OR", "`OR` cannot follow `AND`"),
        ("a NOT", "NOT", "`NOT` needs something behind it"),
        ("NOT a", "NOT", "holds where nothing at all is found"),
        ("NOT", "NOT", "needs something behind it"),
        ("a OR NOT b", "NOT", "holds where nothing at all is found"),
        ("(NOT a) NOT b", "NOT", "write `Syria NOT football`"),
        ("a b OR c", "OR", "AND and OR side by side"),
        ("a OR b c", "c", "AND and OR side by side"),
        ("a OR b NOT c", "NOT", "AND and OR side by side"),
        ("(a AND b) NEAR/3 c", "(", "can stand near something"),
        ("a NEAR/3 (b NOT c)", "(", "write `(a NEAR/5 c) AND (b NEAR/5 c)`"),
        ("a NEAR/3 use:other", "use", "can stand near something"),
        ('a NEAR/3 re:"x+"', "re", "can stand near something"),
        ("a NEAR/3 title:b", "title", "can stand near something"),
        ("a NEAR b", "NEAR", "`NEAR` needs a number of words; write `NEAR/10`"),
        ("a NEAR/x b", "NEAR/x", "after the slash stands a number of words"),
        ("a NEAR/ b", "NEAR/", "after the slash stands a number of words"),
        ("a NEAR/0 b", "NEAR/0", "words are 1 to 1,000 apart"),
        ("a NEAR/1001 b", "NEAR/1001", "words are 1 to 1,000 apart"),
        ("a NEAR/99999999999999 b", "NEAR/99999999999999", "after the slash stands a number"),
        ("a NEAR/3 b NEAR/4 c", "NEAR/4", "write `NEAR/3` here too"),
        ("a NEAR/3 b ONEAR/3 c", "ONEAR/3", "one distance for all"),
        ("a NEAR/3", "NEAR/3", "needs something behind it"),
        ("a NEAR/3 b NEAR/3 c NEAR/3 d NEAR/3 e NEAR/3 f", "NEAR/3", "6 things near each other: 5 are the most"),
        ("a and b", "and", 'write `AND` for the operator, or `"and"` for the word'),
        ("a Or b", "Or", "`Or` in small letters could be"),
        ("a && b", "&&", "`&&` is no operator here; write `AND`"),
        ("a | b", "|", "write `OR`"),
        ("a ! b", "!", "write `NOT`"),
        ('"a b" ~5', "~5", "write `NEAR/n` between two words"),
        ("a -b", "-b", "write `NOT` before it"),
        ("a +b", "+b", "every word is required anyway"),
        ("'a b'", "'a", "phrases stand in double quotes"),
        ("a w/5 b", "w/5", "`w/5` is no operator here; write `NEAR/5`"),
        ("a NEAR5 b", "NEAR5", 'put it in quotes if it is a word: `"NEAR5"`'),
        ("a AROUND(5) b", "AROUND(5)", "`AROUND(5)` is no operator here; write `NEAR/5` between two words"),
        ("a ANDNOT b", "ANDNOT", "`ANDNOT` is no operator here; write `AND NOT`"),
        ("colo?r", "colo?r", "`?` stands for no letters here; write `begin*`, or each form"),
        ("sanction!", "sanction!", "`!` stands for no letters here"),
        ("aple~1", "aple~1", "`~` stands for no letters here"),
        ("a NOT (b, c)", "b,", "`,` says nothing here; write `OR` for any of them, or quotes around a phrase"),
        ("lang:en a", "lang", "unknown field `lang:`; a rule says `lang: [en]` beside `query:`, a search `--lang en`. T"),
        ("site:bbc.co.uk a", "site", "a rule says `sources: [example.org]` beside `query:`"),
        ("InTitle:a", "InTitle", "unknown field `InTitle:`; write `title:`. Text that holds a colon"),
        ("inlink:a", "inlink", "known here: `actor`, `body`, `exact`, `re`, `summary`, `title`, `use`. Text that holds"),
        ("titel:a", "titel", "unknown field `titel:`; did you mean `title`?"),
        ("https://x.org", "https", "Text that holds a colon stands in quotes"),
        ("title,odd:a", "title,odd", "unknown field"),
        ("title:", "title", "needs something behind it"),
        ("actor:shoigu", "shoigu", "unknown actor `shoigu`; did you mean `shoygu`?"),
        ("actor:", "actor", "after `actor:` stands the id of an actor"),
        ("actor:(a)", "actor", "after `actor:` stands the id of an actor"),
        ("use:othr", "othr", "unknown rule `othr`; did you mean `other`?"),
        ("use:", "use", "after `use:` stands the id of a rule"),
        ("re:x", "re", "after `re:` stands text in quotes"),
        ('re:"("', '"("', "no regular expression of google-re2: missing )"),
        ('re:"x*"', '"x*"', "matches where nothing stands"),
        ("exact:…", "…", "a term without any letter or digit"),
        ("a AND … AND b", "…", "a term without any letter or digit"),
        ("a AND te*st", "te*st", "a `*` stands only at the end"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_query_is_named_at_its_character(text: str, at: str, said: str) -> None:
    with pytest.raises(QueryError) as raised:
        query(text)
    error = raised.value
    assert said in f"{error.message}; {error.hint}"
    assert text[error.start : error.end].startswith(at)
    assert error.end > error.start


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rules: {r: {query: 'a AND (b'}}", "0.yaml:1:27: this parenthesis is never closed"),
        ("rules: {r: {query: 'it''s AND (b'}}", "0.yaml:1:31: this parenthesis is never closed"),
        (r'rules: {r: {query: "\"é\" AND \u0041 AND (b"}}', "0.yaml:1:42: this parenthesis is never closed"),
        ("rules:\n  r:\n    query: >\n      a AND\n      titel:b", "0.yaml:5:7: unknown field `titel:`"),
        ("rules: {r: {query: actor:nobody}}", "0.yaml:1:26: unknown actor `nobody`"),
        ("rules: {r: {query: [a]}}", "0.yaml:1:20: this should be text"),
        ("rules: {r: {query: {a: b}}}", "0.yaml:1:20: this should be text; text that holds"),
        ("rules: {r: {query: }}", "0.yaml:1:20: nothing here"),
        ("rules: {r: {query: 'summary:a', in: title}}", "this can never be found: the rule looks only in `title` here"),
        ("rules: {r: {all: [{query: 'a b)'}]}}", "0.yaml:1:31: this parenthesis closes nothing"),
    ],
)
def test_the_caret_stands_inside_the_string(text: str, expected: str) -> None:
    problems = problems_of(text)
    assert len(problems) == 1
    assert expected in problems[0]


def test_limits_are_named() -> None:
    deepest = "(" * DEEPEST_QUERY + "a" + ")" * DEEPEST_QUERY
    assert query(deepest) == query("a")
    for text in (f"({deepest})", "NOT " * (DEEPEST_QUERY + 1) + "a", "title:" * (DEEPEST_QUERY + 1) + "a"):
        with pytest.raises(QueryError, match="nested deeper than 20 levels"):
            query(text)
    assert isinstance(query("a " * (LONGEST_QUERY // 2)), AllOf)
    with pytest.raises(QueryError, match="a query of 10,001 characters: 10,000 are the most"):
        query("a" * (LONGEST_QUERY + 1))


@pytest.mark.no_cover
@pytest.mark.parametrize(
    "piece", ["(", ")", '"', "NOT ", "a OR ", "a NEAR/5 ", "title:", "((a) ", 're:"', "'", "*", "a*"]
)
def test_ten_thousand_characters_of_anything_cost_little(piece: str) -> None:
    """Quadratic work on these would be seen; the suite's timeout is a minute."""
    text = (piece * LONGEST_QUERY)[:LONGEST_QUERY]
    for _ in range(5):
        error = mistake(text)
        assert error is None or 0 <= error.start < error.end


def mistake(text: str) -> QueryError | None:
    try:
        query(text)
    except QueryError as error:
        return error
    return None


pieces = st.sampled_from(
    ["a", "b*", '"', "“", "(", ")", " ", "AND", "OR", "NOT", "NEAR/3", "ONEAR/2", "title:", "body,title:", "actor:", "shoygu",
     "use:", "other", "exact:", "re:", "'", "-", "*", "and", "\\", "…", "\n", "绍"]
)  # fmt: skip


@given(st.lists(pieces, max_size=20).map("".join) | st.lists(pieces, max_size=12).map(" ".join) | st.text(max_size=40))
def test_any_text_is_a_query_or_its_own_error(text: str) -> None:
    error = mistake(text)
    if error:
        assert 0 <= error.start < error.end
        assert error.message
    else:
        node = query(text)
        assert watches(node)
        assert same(query(spell_query(node)), node)


# -- one tree, two spellings -------------------------------------------------------------------------------------------

NEAR = {"of": ["a", "b"], "within": 3}


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("a", {"all": ["a"]}),
        ('"a be*"', {"all": ["a be*"]}),
        ('a OR "and"', {"terms": ["a", "and"]}),
        ('"actor:shoygu"', {"all": ["actor shoygu"]}),  # a term, which may not begin like an actor
        ("actor:shoygu", {"actors": ["shoygu"]}),
        ("actor:shoygu OR a", {"any": ["actor:shoygu", "a"]}),
        ("actor:shoygu AND a AND b", {"actors": ["shoygu"], "all": ["a", "b"]}),
        ('exact:"US" OR a', {"any": [{"exact": "US"}, "a"]}),
        ('re:"x""+"', {"all": [{"re": 'x"+'}]}),
        ("use:r-2", {"all": [{"use": "r-2"}]}),
        ("title,body:a", {"all": [{"in": ["title", "body"], "all": ["a"]}]}),
        ("title:(a AND b)", {"all": [{"in": ["title"], "all": [{"all": ["a", "b"]}]}]}),
        ("a NEAR/3 b", {"near": NEAR}),
        ("a ONEAR/3 b", {"near": {**NEAR, "ordered": True}}),
        ("(a OR c) NEAR/3 b", {"near": {"of": [{"any": ["a", "c"]}, "b"], "within": 3}}),
        ("a NEAR/3 b AND a ONEAR/3 b", {"near": NEAR, "all": [{"near": {**NEAR, "ordered": True}}]}),
        ("c OR (a NEAR/3 b)", {"any": ["c", {"near": NEAR}]}),
        ("a NOT b NOT c", {"all": ["a"], "none": ["b", "c"]}),
        ("c OR (a NOT b)", {"any": ["c", {"all": ["a", {"none": ["b"]}]}]}),
    ],
)
def test_a_tree_is_spelled_as_people_write_it(text: str, keys: dict[str, Any]) -> None:
    assert spell_query(query(text)) == text
    assert spell_conditions(query(text)) == keys


@pytest.mark.parametrize(
    ("text", "plainest"),
    [
        ("((a)) OR (b OR a)", "a OR b"),
        ("a AND (b AND a)", "a AND b"),
        ("a NOT (b OR c)", "a NOT b NOT c"),
        ("a AND title:((b))", "a AND title:b"),
        ("a AND “say so”", 'a AND "say so"'),
        ("NOT b a", "NOT b AND a"),
        ('"near5" OR "andnot" OR "near"', '"near5" OR "andnot" OR "near"'),
    ],
)
def test_a_tree_is_spelled_in_the_plainest_way(text: str, plainest: str) -> None:
    assert spell_query(query(text)) == plainest
    assert same(query(plainest), query(text))


def test_none_of_one_is_spelled_as_not() -> None:
    negated = NoneOf(parts=(NoneOf(parts=(read_term("a"),)),))
    assert spell_query(negated) == "NOT (NOT a)"


leaves: st.SearchStrategy[Node] = st.one_of(
    st.sampled_from(["a", "be*", "a b c", "military-to-military", "say “so”", "and", "NEAR/5", "C++", "actor:shoygu", "d'or", "绍伊古", "x:y"]).map(read_term),
    st.just(vocabulary().actors["shoygu"]),
    st.sampled_from(["US", 'a "b" c', ".NET", "it's"]).map(read_exact),
)  # fmt: skip
others: st.SearchStrategy[Node] = st.one_of(
    st.sampled_from(["[0-9]+", 'a"+', r"\.\s?x", r"\"a", "''x"]).map(lambda pattern: Regex(pattern=pattern)),
    st.sampled_from(["other", "r-2"]).map(lambda rule: Use(rule=rule)),
)
alternatives = st.lists(leaves, min_size=1, max_size=3).map(lambda parts: AnyOf(parts=tuple(parts)))
nears = st.builds(
    Near,
    of=st.lists(leaves | alternatives, min_size=2, max_size=5).map(tuple),
    within=st.integers(1, 1000),
    ordered=st.booleans(),
)


def groups(children: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    parts = st.lists(children, min_size=1, max_size=3).map(tuple)
    fields = st.sets(st.sampled_from(list(Field)), min_size=1).map(lambda some: tuple(f for f in Field if f in some))
    return st.one_of(
        st.builds(AnyOf, parts=parts),
        st.builds(AllOf, parts=parts),
        st.builds(NoneOf, parts=parts),
        st.builds(In, fields=fields, part=children),
    )


trees = st.recursive(leaves | others | nears, groups, max_leaves=8).filter(watches)


def canonical(node: Node) -> Any:  # noqa: PLR0911
    """Return what two trees have in common that say the same: neither order nor the way a term is written."""
    match normal(node):
        case Term() as term:
            return "term", term.words, term.prefix
        case Exact() as exact:
            return "exact", exact.text
        case AnyOf(parts=parts):
            return "any", tuple(sorted(map(canonical, parts), key=repr))
        case AllOf(parts=parts):
            return "all", tuple(sorted(map(canonical, parts), key=repr))
        case NoneOf(parts=parts):
            return "none", tuple(sorted(map(canonical, parts), key=repr))
        case Near(of=of, within=within, ordered=ordered):
            return "near", tuple(map(canonical, of)), within, ordered
        case In(fields=fields, part=part):
            return "in", fields, canonical(part)
        case other:
            return other


def same(one: Node, other: Node) -> bool:
    return bool(canonical(one) == canonical(other))


@given(trees)
def test_tree_to_query_to_tree(node: Node) -> None:
    text = spell_query(node)
    assume(len(text) <= LONGEST_QUERY)
    assert same(query(text), node)


@given(trees)
def test_tree_to_yaml_to_tree(node: Node) -> None:
    text = yaml.safe_dump({"r": spell_conditions(node)}, allow_unicode=True)
    written = document(text)
    reader = PartReader(written, vocabulary())
    conditions = list(reader.conditions(("r",), written.value["r"], tuple(Field)))
    # a field inside a group that looks in others can never be found, which both spellings refuse
    assume(not reader.problems)
    assert same(AllOf(parts=tuple(part for _, part in conditions)), node)


load = partial(load_rules, channels=None, default_notify=(), default_priority=Priority.NORMAL)


@given(trees)
def test_both_spellings_load_as_rules(node: Node) -> None:
    rule = [spell_conditions(node), {"query": spell_query(node)}]
    rules = {"yaml": rule[0], "query": rule[1], "other": "o", "r-2": "r"}
    text = yaml.safe_dump({"actors": {"shoygu": "Shoygu"}, "rules": rules}, allow_unicode=True)
    parsed, _ = parse_document(text.encode(), name="f.yaml")
    assert parsed is not None
    loaded, problems = load([parsed])
    assert (loaded is None) == bool(problems)
    assert all("can never be found" in problem.message for problem in problems), problems
