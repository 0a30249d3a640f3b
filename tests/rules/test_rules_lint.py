"""Lint: each code is found where it stands, is silenced where a line asks for it, and says nothing of what is meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.document import read_document
from monitor.errors import Problem
from monitor.model import AtLeast, Feed, Field
from monitor.rules.cover import Cover
from monitor.rules.lint.common_words import COMMON_WORDS
from monitor.rules.lint.lint import lint
from monitor.rules.lint.pages import PAGES
from monitor.rules.lint.rules import lint_rules
from monitor.rules.load import read_definitions
from monitor.rules.term import read_term
from monitor.rules.tree import AllOf, AnyOf, Clause, Definition, NoneOf, Term
from monitor.rules.written import find_written
from monitor.text.fold import tokenize
from tests.rules.building import document, entry, ruleset

ROOT = Path(__file__).parents[2]
TODAY = date(2026, 11, 1)


def problems(*texts: str, whole: bool = True) -> list[Problem]:
    documents = [document(text, name=f"{number}.yaml") for number, text in enumerate(texts)]
    written = [
        (document.value or {}).get("feeds", {}) if isinstance(document.value, dict) else {} for document in documents
    ]
    feeds = [Feed(name=name, url=url, tags=("Wire",)) for section in written for name, url in (section or {}).items()]
    return lint(documents, read_definitions(documents), today=TODAY, feeds=feeds, whole=whole)


def warnings(*texts: str, code: str = "MM") -> list[str]:
    """Lint documents called 0.yaml, 1.yaml, and so on; of the warnings, those with this code."""
    return [str(problem) for problem in problems(*texts) if problem.code.startswith(code)]


def codes(*texts: str) -> list[str]:
    return [problem.code for problem in problems(*texts)]


def rule(body: str, *, actors: str = "") -> str:
    """Write a file with one rule that has examples."""
    return f"{actors}\nrules:\n  r: {{{body}, misses: [Nothing]}}\n"


# -- the pages ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [code for code in PAGES if code < "MM300"])  # the others: tests/config
def test_the_examples_of_a_page_have_the_code_and_have_it_not(code: str) -> None:
    page = PAGES[code]
    assert code in codes(page.bad)
    assert codes(page.good) == []
    ruleset(page.good)  # and it can be loaded


def test_every_page_is_short_and_whole() -> None:
    for code, page in PAGES.items():
        assert code == page.code
        assert all((page.title, page.what, page.why, page.bad, page.good))
        assert len(page.what) + len(page.why) < 600


# -- each code ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("term", ["x", "EU", "ab*", "军", "五", "5G", "'US'", "U.", "ё"])
def test_mm101_short_terms(term: str) -> None:
    assert codes(rule(f"terms: [{term}]")) == ["MM101"]


@pytest.mark.parametrize("term", ["EMA", "军事", "G7 summit", "ВОЗ", "abc*", "한국", "0-day old"])
def test_longer_terms_are_none_of_mm101(term: str) -> None:
    assert codes(rule(f"terms: [{term}]")) == []


@pytest.mark.parametrize("term", ["WHO", "who", "L'été… que", "für", "это", "або", "что", "sagte", "était", "için"])
def test_mm102_common_words(term: str) -> None:
    expected = [] if len(tokenize(term).words) > 1 else ["MM102"]
    assert codes(rule(f'terms: ["{term}"]')) == expected


def test_common_words_are_folded_long_enough_and_many() -> None:
    assert all(tokenize(word).words == [word] and len(word) > 2 for word in COMMON_WORDS if word.isascii())
    assert len(COMMON_WORDS) > 300


def test_terms_are_warned_of_wherever_they_stand() -> None:
    text = rule("terms: [talks], all: [EU], none: [the, 'actor:a']", actors="actors: {a: [Ay Bee, US]}")
    assert warnings(text) == [
        (
            "0.yaml:1:22: MM101 `US` is two characters: it will be found in texts about anything, in some language;"
            " write a longer form, a phrase around it, or its very form under `exact`"
        ),
        (
            "0.yaml:3:29: MM101 `EU` is two characters: it will be found in texts about anything, in some language;"
            " write a longer form, a phrase around it, or its very form under `exact`"
        ),
        (
            "0.yaml:3:41: MM102 `the` is one of the commonest words of a language: it will be found in nearly every text;"
            " write a phrase that holds it, or leave it out"
        ),
    ]


@pytest.mark.parametrize(
    ("names", "dead"),
    [
        ("[Choïgou, Choigou]", ["`Choigou` adds nothing: `Choïgou` is the same to the matcher"]),
        ("[Shoygu, SHOYGU, Shoygu's]", ["`SHOYGU` adds", "`Shoygu's` adds"]),
        ("[mil-to-mil, mil to mil]", ["`mil to mil` adds nothing: `mil-to-mil`"]),
        ("[Lavrova, Lavrov*]", ["`Lavrova` adds nothing: `Lavrov*` finds it already"]),
        ("[Lavrov*, Lavrova*]", ["`Lavrova*` adds nothing: `Lavrov*` finds"]),
        ("[Sergei Lavrovs, Sergei Lavrov*]", ["`Sergei Lavrovs` adds nothing"]),
        ("{names: [Shoygu, Shoygu]}", ["`Shoygu` adds nothing: `Shoygu` is the same"]),
        ("[Carter, Ash Carter, Cartera]", []),  # the longer one is what an alert shows
        ("[Ash Lavrov, Sergei Lavrov*]", []),
        ("[Lavrova, Lavrov]", []),
        ("[ok, '!']", []),  # a mistake, not a warning
    ],
)
def test_mm103_dead_spellings(names: str, dead: list[str]) -> None:
    found = warnings(f"actors: {{a: {names}}}", code="MM103")
    assert len(found) == len(dead)
    assert all(said in message for said, message in zip(dead, found, strict=True))


def test_mm104_names_both_places() -> None:
    files = ("actors:\n  a: [Shoygu,\n    Carter]", "actors: {b: [carter's, Shoyg*]}\nrules: {}")
    assert warnings(*files, code="MM104") == [
        (
            "0.yaml:2:7: MM104 `Shoygu` is also found by `Shoyg*` of the actor `b` in 1.yaml:1: a text with it counts for"
            " both; give each actor forms that mean it alone, such as the full name"
        ),
        (
            "1.yaml:1:14: MM104 `carter's` is also found by `Carter` of the actor `a` in 0.yaml:3: a text with it counts for"
            " both; give each actor forms that mean it alone, such as the full name"
        ),
    ]


def test_a_spelling_that_is_dead_is_not_called_shared_too() -> None:
    assert codes("actors: {a: [Ash Carter], b: [Jim Carter, jim carter]}", rule("actors: [a, b]")) == ["MM103"]


def test_mm105_an_actor_named_anywhere_is_used() -> None:
    actors = "actors: {a: Ay Bee, b: Bee Cee, c: Cee Dee, d: Dee Eff}"
    text = rule("terms: ['actor:a', talks], actors: b, none: ['actor:c']", actors=actors)
    assert [message.split(";")[0] for message in warnings(text)] == [
        "0.yaml:1:45: MM105 no rule names the actor `d`: its spellings are not looked for"
    ]
    assert problems(text, whole=False) == []


@pytest.mark.parametrize(
    "body",
    [
        "terms: [military talks, talks], none: [talks]",
        "terms: [talks], none: [talk*]",
        "terms: [talk*], none: [tal*]",
        "all: [military talks, Syria], none: [Syria]",
        "terms: [peace], actors: [a], none: ['actor:a']",
        "terms: [peace], actors: [a], none: [Shoygu, Shoigu]",
        "terms: [the military exercise of May], none: [military exercise]",
    ],
)
def test_mm201_rules_that_can_never_fire(body: str) -> None:
    text = rule(body, actors="actors: {a: [Shoygu, Shoigu]}\n")
    assert [message for message in warnings(text, code="MM201") if "can never fire" in message]
    compiled = ruleset(text)
    for said in ("military talks", "talks", "Syria", "Shoygu peace", "Shoigu peace", "the military exercise of May"):
        assert compiled.match(entry(said)).matches == ()


@pytest.mark.parametrize(
    "body",
    [
        "terms: [talks], none: [military talks]",
        "terms: [talk*], none: [talks]",
        "terms: [talks, peace], none: [peace talks]",
        "terms: [military exercise], none: [exercise military]",
        "actors: [a], none: [Shoygu at football]",
    ],
)
def test_what_leaves_something_over_is_none_of_mm201(body: str) -> None:
    assert codes(rule(body, actors="actors: {a: [Shoygu, Shoigu]}\n" if "[a]" in body else "")) == []


def test_a_term_that_none_throws_away_is_warned_of_where_others_are_left() -> None:
    assert warnings(rule("terms: [talks, football talks], none: [football]"), code="MM202") == [
        (
            "0.yaml:3:22: MM202 `football talks` never counts: a text that holds it holds `football` of `none` too;"
            " remove one of the two"
        ),
        "0.yaml:3:22: MM202 `football talks` adds nothing to `terms`: `talks` finds it already; remove it",
    ]


@pytest.mark.parametrize(
    ("body", "idle"),
    [
        ("terms: [military talks, talks]", ["`military talks` adds nothing to `terms`: `talks` finds it already"]),
        ("terms: [deconflicted, deconflict*]", ["`deconflicted` adds nothing to `terms`: `deconflict*`"]),
        ("terms: [talks, Talks, TALKS]", ["`Talks` adds nothing", "`TALKS` adds nothing"]),
        ("terms: [peace], none: [football cup, football]", ["`football cup` adds nothing to `none`: `football` finds"]),
        ("all: [Syria, talks on Syria]", ["`Syria` adds nothing to `all`: `talks on Syria` holds it"]),
        ("all: [Syria, syria]", ["`syria` adds nothing to `all`: `Syria` finds it already"]),
        ("terms: [talks, talk]", []),
        ("terms: [talks], all: [talks on Syria]", []),
    ],
)
def test_mm202_terms_that_add_nothing(body: str, idle: list[str]) -> None:
    found = warnings(rule(body), code="MM202")
    assert len(found) == len(idle)
    assert all(said in message for said, message in zip(idle, found, strict=True))


def test_a_twin_is_shown_at_its_second_place() -> None:
    assert warnings("rules:\n  r: {terms: [talks, talks], hits: talks}")[0].startswith("0.yaml:2:22: MM202 `talks`")


def test_mm203_rules_without_examples() -> None:
    assert codes("rules: {r: earthquake, s: {terms: flood, hits: Flood}, t: {terms: fire, misses: Rain}}") == ["MM203"]


def definition(name: str, *clauses: Clause, expires: date | None = None) -> Definition:
    """Take a rule of 0.yaml, with clauses that no YAML has yet."""
    read = read_definitions([document(f"rules: {{{name}: {{terms: x, hits: x}}}}")])[0]
    return replace(read, clauses=clauses or read.clauses, rule=replace(read.rule, expires=expires))


def lint_one(*definitions: Definition) -> list[str]:
    text = "rules: {" + ", ".join(f"{one.rule.id}: {{terms: x}}" for one in definitions) + "}"
    rules = find_written([document(text)], "rules")
    return [str(problem).split(" ")[1] for problem in lint_rules(definitions, rules, today=TODAY)]


@pytest.mark.parametrize(("day", "expected"), [(TODAY, True), (date(2026, 11, 2), False), (date(2001, 1, 1), True)])
def test_mm204_expired_rules(day: date, *, expected: bool) -> None:
    assert ("MM204" in lint_one(definition("r", expires=day))) is expected


def test_mm206_rules_that_match_the_same() -> None:
    text = """
actors: {a: Shoygu, b: Shoygu}
rules:
  one: {terms: [earthquake*, tsunami*], all: [coast], hits: Earthquake}
  two: {all: [Coast], terms: [Tsunami*, earthquake*], misses: Rain, priority: high}
  three: {terms: [earthquake*, tsunami*], misses: Rain}
  four: {terms: [earthquake*, tsunami*], misses: Rain, in: title}
  five: {terms: [earthquake*, tsunami], misses: Rain}
  six: {actors: a, misses: Rain}
  seven: {actors: b, misses: Rain}
"""
    assert warnings(text, code="MM206") == [
        (
            "0.yaml:5:3: MM206 it matches exactly what `one` in 0.yaml:4 matches: two alerts for one thing;"
            " remove one, or let one rule notify both channels"
        )
    ]


def test_rules_that_take_another_number_of_entries_are_not_the_same() -> None:
    from datetime import timedelta

    one, two = definition("one"), definition("two")
    assert "MM206" in lint_one(one, two)
    three = replace(two, rule=replace(two.rule, threshold=AtLeast(entries=3, within=timedelta(hours=2))))
    assert "MM206" not in lint_one(one, three)
    assert "MM206" not in lint_one(one, replace(two, fields=(Field.TITLE,)))


def term(text: str) -> Term:
    return read_term(text)


def test_nested_groups_are_understood() -> None:
    group = AnyOf(parts=(AllOf(parts=(term("talks"), term("football"))), term("football cup")))
    unwanted = Clause(key="none", node=NoneOf(parts=(AnyOf(parts=(term("football"), term("rugby"))),)))
    assert lint_one(definition("r", Clause(key="terms", node=group), unwanted)).count("MM201") == 1
    both = Clause(key="none", node=NoneOf(parts=(AllOf(parts=(term("football"), term("rugby"))),)))
    assert lint_one(definition("r", Clause(key="terms", node=group), both)) == []
    absent = Clause(key="terms", node=AnyOf(parts=(NoneOf(parts=(term("football"),)), term("football cup"))))
    assert "MM201" not in lint_one(definition("r", absent, unwanted))


def test_mm205_source_filters_that_match_no_feed() -> None:
    text = """
feeds: {wire-1: "https://feeds.reuters.com/x", other: "https://[broken"}
rules:
  r: {terms: earthquake, hits: Earthquake, sources: {only: [wire-1, WIRE, reuters.com, guardian], never: [tass.ru, other]}}
  s: {terms: flood, hits: Flood, sources: guardian}
"""
    assert warnings(text) == [
        "0.yaml:4:88: MM205 no feed is called `guardian`, is tagged so, or is read from there; correct it, or add the feed",
        (
            "0.yaml:4:107: MM205 no feed is called `tass.ru`, is tagged so, or is read from there;"
            " correct it, unless entries of other feeds link there"
        ),
        "0.yaml:5:43: MM205 no feed is called `guardian`, is tagged so, or is read from there; correct it, or add the feed",
    ]
    read = [document(text)]
    assert lint(read, read_definitions(read), today=TODAY) == []  # without feeds, nothing is known


def test_what_near_asks_for_may_be_excluded_and_a_name_that_may_not_count_excludes_nothing() -> None:
    near = "near: {of: [talks, Syria], within: 9}"
    assert "MM201" in codes(rule(f"{near}, none: [Syria]"))
    assert codes(rule(f"{near}, none: [peace]")) == []
    actors = "actors: {a: {names: Carter, not: Jimmy Carter}}"
    assert codes(rule("terms: [Jimmy Carter], none: ['actor:a']", actors=actors)) == []


# -- exact forms, regular expressions, and what else stands in lists ---------------------------------------------------


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("exact: [US, US]", "`US` adds nothing to `exact`: exactly `US` finds it already"),
        ("exact: [US Army, US]", "exactly `US Army` adds nothing to `exact`: exactly `US` finds it already"),
        ("terms: [{exact: NATO}, nato]", "exactly `NATO` adds nothing to `terms`: `nato` finds it already"),
        ("all: [{exact: NATO}, nato]", "`nato` adds nothing to `all`: exactly `NATO` holds it"),
        ("re: ['[0-9]+ dead', '[0-9]+ dead']", "a match of `[0-9]+ dead` adds nothing to `re`"),
        ("any: [talks, peace talks]", "`peace talks` adds nothing to `any`: `talks` finds it already"),
        ("any: [{all: [talks, Syria]}, {all: [Syria, talks]}]", "all of `Syria`, `talks` adds nothing to `any`"),
        ("terms: [peace talks], none: [{exact: US Army}, {exact: Army}]", "exactly `US Army` adds nothing to `none`"),
        ("terms: [flood], exact: [US Army, BBC], none: [army]", "exactly `US Army` never counts: a text that holds it"),
        ("any: [flood, {re: '[0-9]+ dead'}], none: [{re: '[0-9]+ dead'}]", "a match of `[0-9]+ dead` never counts"),
        ("any: [flood, {in: title, exact: US Army}], none: [army]", "exactly `US Army` never counts"),
    ],
)
def test_mm202_knows_forms_patterns_and_groups(body: str, said: str) -> None:
    (warned,) = warnings(rule(body), code="MM202")
    assert said in warned


@pytest.mark.parametrize(
    "body",
    [
        "exact: [US, us]",
        "exact: [U.S., US]",
        "exact: [Army US, US Navy]",
        "terms: [talks], none: [{exact: Talks}]",  # `talks` is found as TALKS too
        "terms: [{exact: NATO}, {exact: Nato}]",
        "exact: [S., 'A S']",  # the dot must stand there
        "re: ['[0-9]+ dead', '[0-9]+ killed']",
        "all: [{any: [flood, storm]}, flood*]",
        "all: [{any: [flood, storm]}, {any: [flood, drought]}]",
        "any: [{all: [flood, storm]}, {all: [flood, drought]}]",
        "terms: [flood], lang: [en], none: [storm]",
        "terms: [talks], none: [{all: [talks, peace]}]",
        "terms: [talks], in: title, none: [{in: body, any: [talks]}]",
        "all: [{in: title, any: [{all: [talks], none: [peace]}]}], none: [{all: [talks], none: [peace]}]",
    ],
)
def test_neither_mm201_nor_mm202_of_what_may_count(body: str) -> None:
    assert [code for code in codes(rule(body)) if code in ("MM201", "MM202")] == []


@pytest.mark.parametrize(
    "body",
    [
        "exact: US Army, none: [army]",
        "exact: US Army, none: [{exact: Army}]",
        "re: '[0-9]+ dead', none: [{re: '[0-9]+ dead'}]",
        "terms: [{exact: US Army}, {exact: the Army}], none: [army]",
        "all: [flood, {in: title, exact: US Army}], none: [army]",
        "all: [{all: [talks, peace]}], none: [{all: [peace, talks]}]",
    ],
)
def test_mm201_of_forms_and_patterns(body: str) -> None:
    text = rule(body)
    assert "MM201" in codes(text)
    assert ruleset(text).match(entry("Flood: US Army, the Army army, 12 dead in peace talks")).matches == ()


def test_an_actor_or_a_rule_named_twice_adds_nothing_the_second_time() -> None:
    text = rule("actors: [lavrov, lavrov], any: ['actor:lavrov', 'actor:lavrov'], use: [s, s]", actors=LAVROV)
    text += "  s: {terms: flood, misses: Nothing}\n"
    assert [warned.partition(" MM202 ")[::2] for warned in warnings(text, code="MM202")] == [
        ("0.yaml:3:55:", "actor `lavrov` adds nothing to `any`: actor `lavrov` finds it already; remove it"),
        ("0.yaml:3:24:", "actor `lavrov` adds nothing to `actors`: actor `lavrov` finds it already; remove it"),
        ("0.yaml:3:81:", "rule `s` adds nothing to `use`: rule `s` finds it already; remove it"),
    ]
    assert "MM201" in codes(
        rule("actors: a, none: ['actor:a']", actors="actors: {a: {names: Carter, not: Jimmy Carter}}")
    )


# -- fields that change nothing, ids as words --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rules: {r: {terms: x, in: [title, body, summary]}}", ["1:27: naming fields changes nothing here: all fields"]),
        ("rules: {r: {terms: x, in: [title, body, title]}}", ["1:41: `title` stands there twice; name it once"]),
        ("defaults: {in: title}\nrules: {r: {terms: x, in: title}}", ["2:27: naming fields changes nothing here: `title` alone"]),
        ("rules: {r: {all: [{in: title, any: x}], in: title}}", ["1:24: naming fields changes nothing here: `title` alone"]),
        ("rules: {r: {all: [{in: [title, body], any: x}], in: title}}", ["1:24: naming fields changes nothing here: `title` alone"]),
        (
            "rules: {r: {none: [{in: [title, body], any: x}], terms: y, in: [title, summary]}}",
            ["1:33: `body` changes nothing here: `title` and `summary` alone is read; leave it out, or name it in"],
        ),
        ("rules: {r: {near: {of: [[{in: title, any: x}], y], within: 2}, in: title}}", ["1:31: naming fields"]),
        ("rules: {r: {all: [{in: title, any: [{in: title, any: x}]}]}}", ["1:42: naming fields"]),
        ("rules: {r: {query: 'title,body,title:x'}}", ["1:21: `title` stands there twice"]),
        ("rules: {r: {query: 'x AND title,body:y', in: title}}", ["1:27: naming fields"]),
        ("rules: {r: {all: [{query: 'title,summary,body:y'}]}}", ["1:28: naming fields"]),
    ],
)  # fmt: skip
def test_mm207_fields_that_change_nothing(text: str, said: list[str]) -> None:
    found = [warned.replace(" MM207", "").removeprefix("0.yaml:") for warned in warnings(text, code="MM207")]
    assert len(found) == len(said)
    assert all(one.startswith(start) for one, start in zip(found, said, strict=True)), found


@pytest.mark.parametrize(
    "text",
    [
        "rules: {r: {terms: x, in: [title, summary]}}",
        "defaults: {in: title}\nrules: {r: {terms: x, in: [title, summary, body]}}",  # it takes the defaults' place
        "rules: {r: {all: [{in: title, any: x}], in: [title, body]}}",
        "rules: {r: {all: [{in: title, any: x}, {in: body, any: x}]}}",
        "rules: {r: {query: 'title:x AND body:y'}}",
        "rules: {r: {query: 'title:\"x'}}",  # a mistake
        "rules: {r: {terms: x, hits: {title: y, body: title}}}",
    ],
)
def test_fields_that_limit_something_are_none_of_mm207(text: str) -> None:
    assert warnings(text, code="MM207") == []


def test_a_field_named_very_often_is_one_warning() -> None:
    assert len(warnings(f"rules: {{r: {{terms: x, in: [{', '.join(['title'] * 50_000)}]}}}}", code="MM207")) == 1


LAVROV = "actors: {lavrov: [Lavrov, Лавров], xi: [Xi Jinping]}"


@pytest.mark.parametrize(
    "body", ["all: [xi, Syria]", "terms: xi", "any: [{near: {of: [xi, talks], within: 3}}]", "query: xi AND Syria"]
)
def test_mm208_an_actors_id_as_a_word(body: str) -> None:
    (warned,) = warnings(rule(body, actors=LAVROV), code="MM208")
    assert warned.endswith(
        "`xi` is a word here, and the id of an actor, whose other spellings are not looked for; did you mean `actor:xi`?"
    )


@pytest.mark.parametrize(
    "body", ["all: ['actor:xi', Syria]", "actors: xi", "terms: [Xi Jinping, lavrov*]", "exact: xi"]
)
def test_names_and_ids_that_are_marked_are_none_of_mm208(body: str) -> None:
    assert warnings(rule(body, actors=LAVROV), code="MM208") == []


@pytest.mark.parametrize(
    ("term", "said"),
    [
        ("talks AND Syria", "read as one phrase: `AND` is a word here; write it under `query:`"),
        ("talks NEAR/5 Syria", "`NEAR/5` is a word here"),
        ("NOT football", "`NOT` is a word here"),
        ("peace;talks", "read as one phrase, not as several terms"),
        ("peace,talks", "read as one phrase, not as several terms"),
        ("peace, talks", "read as one phrase, not as several terms; put a list into brackets"),
    ],
)
def test_mm209_a_search_or_a_list_that_is_read_as_a_phrase(term: str, said: str) -> None:
    (warned,) = warnings(rule(f"all: ['{term}']"), code="MM209")
    assert said in warned


@pytest.mark.parametrize(
    "body",
    [
        "terms: [search and rescue, ORlando, 'NEAR East', '10,000 dead']",
        "query: '\"war AND peace\"'",
        "exact: war AND peace",
    ],
)
def test_phrases_are_none_of_mm209(body: str) -> None:
    assert warnings(rule(body), code="MM209") == []


@pytest.mark.parametrize(("body", "said"), [
    ("all: ['$META']", "`$META` finds `META` as well: the sign `$` does not count in a term"),
    ("terms: ['.NET', talks]", "`.NET` finds `NET` as well: the sign `.`"),
    ("query: '#opharbour AND talks'", "`#opharbour` finds `opharbour` as well"),
])  # fmt: skip
def test_a_sign_before_a_term_is_warned_of(body: str, said: str) -> None:
    (warned,) = warnings(rule(body), code="MM210")
    assert said in str(warned)


@pytest.mark.parametrize("body", ["exact: ['$META']", "terms: ['AT&T', 'U.S.', 'Yahoo!', 'G-7']"])
def test_other_signs_and_exact_ones_are_not(body: str) -> None:
    assert warnings(rule(body), code="MM210") == []


@pytest.mark.parametrize(("text", "hint"), [
    (rule("terms: [F-16, talks]"), "watch for both: `[F-16, F16]`"),
    (rule("all: [МиГ–29, talks]"), "watch for both: `[МиГ–29, МиГ29]`"),
    (rule("none: ['COVID-19*']"), "watch for both: `[COVID-19*, COVID19*]`"),
    (rule("any: [0-day]"), "watch for both: `[0-day, 0day]`"),
    (rule("query: 'F-16 AND talks'"), "watch for both: `F-16 OR F16`"),
    (rule("terms: G-7"), "watch for both: `any: [G-7, {exact: G7}]`"),
    (rule("query: G-7"), "watch for both: `G-7 OR exact:G7`"),
    (rule("actors: a", actors="actors: {a: [Su-57, Felon]}"), "watch for both: `[Su-57, Su57]`"),
    (rule("terms: F16, actors: a", actors="actors: {a: [F-16], b: F16}"), "watch for both: `[F-16, F16]`"),
])  # fmt: skip
def test_a_hyphen_between_letters_and_digits_is_warned_of(text: str, hint: str) -> None:
    (warned,) = warnings(text, code="MM211")
    assert hint in warned


@pytest.mark.parametrize(
    "text",
    [
        rule("terms: [F-16, f16]"),
        rule("terms: [F-16, 'F16*']"),
        rule("query: F-16 OR F16"),
        rule("any: [G-7, {exact: G7}]"),
        rule("exact: F-16"),
        rule("terms: [F16, F 16, '2026-11-23', C-311/18, CVE-2021-44228, 歼-20, F-16 jets, post-truth]"),
        rule("actors: a", actors="actors: {a: [Su-57, Su57]}"),
        rule("actors: a", actors="actors: {a: [G-7, Group of Seven]}"),
    ],
)
def test_terms_that_find_both_and_other_hyphens_are_none_of_mm211(text: str) -> None:
    assert warnings(text, code="MM211") == []


# -- silence -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("rules:\n  r: {terms: [EU], hits: EU}  # monitor: ignore MM101\n", []),
        ("rules:\n  r:  # monitor: ignore MM101, MM203\n    terms:\n    - EU\n", []),
        ("rules:\n  r:  # monitor: ignore MM203\n    terms:\n    - EU  # because; monitor: ignore MM101\n", ["MM101"]),
        ("rules:\n  r:  # monitor:ignore MM203 MM101 until spring\n    terms:\n    - EU\n", []),
        ("rules:\n  r:  # monitor: ignore MM2034\n    terms: earthquake\n", []),
        ("rules:\n  r:  # monitor: ignore\n    terms: earthquake\n", ["MM203"]),
        ("rules:\n  r:\n    terms:  # monitor: ignore MM203\n      earthquake\n", ["MM203"]),
        ("actors:\n  a:  # monitor: ignore MM105\n  - EU\n  - US  # monitor: ignore MM101\n", ["MM101"]),
        ('rules:\n  r:\n    terms: ["x# monitor: ignore MM101", EU]\n    hits: EU\n', ["MM101"]),
    ],
)
def test_a_comment_silences_its_line_and_the_first_line_of_a_rule_the_whole(text: str, left: list[str]) -> None:
    assert codes(text) == left


# -- whatever is written -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["", "- a", "text", "rules: [a]", "rules: text", "actors: {a: }", "actors: {a: {note: x}}"]
)
def test_what_is_no_rule_is_passed_over(text: str) -> None:
    assert problems(text, whole=False) == []


def test_of_rules_with_mistakes_the_others_are_linted() -> None:
    assert codes("rules: {r: {termz: x}, s: [EU, '!'], t: earthquake}") == ["MM101", "MM203", "MM203"]


def test_rules_of_which_nothing_can_be_read_are_not_taken_for_each_other() -> None:
    assert "MM206" not in codes("rules: {r: ['!'], s: {exact: '?'}}")


def test_texts_are_found_however_deep_they_stand() -> None:
    written = find_written([document("rules: {r: {all: [x, {any: [y, {terms: z}]}], none: y}}")], "rules")["r"]
    assert [text for _, text in written.texts("all")] == ["x", "y", "z"]
    (problem,) = written.warning("MM202", "m", "h", key="all", text="y")
    assert problem.column == 29


def test_of_two_rules_with_one_id_the_first_is_linted() -> None:
    first, second = "rules: {r: {terms: flood, hits: Flood}}", "rules:\n  r: {terms: fire, hits: Fire}"
    assert codes(first, second) == []


words = st.sampled_from(
    ["talks", "talk*", "peace", "peace talks", "peace tal*", "x", "军", "军事", "the", "peace-talks"]
)
lists = st.lists(words, min_size=1, max_size=4)


@given(terms=lists, every=st.lists(words, max_size=2), none=st.lists(words, max_size=2), names=lists)
def test_warnings_have_places_and_a_rule_called_dead_is_dead(
    terms: list[str], every: list[str], none: list[str], names: list[str]
) -> None:
    def listed(texts: Sequence[str]) -> str:
        return "[" + ", ".join(f'"{text}"' for text in texts) + "]"

    more = "".join(f", {key}: {listed(texts)}" for key, texts in (("all", every), ("none", none)) if texts)
    text = f"actors: {{a: {listed(names)}}}\nrules: {{r: {{terms: {listed(terms)}, actors: a{more}}}}}"
    found = problems(text)
    assert all(problem.line and problem.hint and problem.code in PAGES for problem in found)
    if any(problem.code == "MM201" for problem in found):
        wanted = " . ".join(word.removesuffix("*") for word in [*terms, *every, *names])
        assert ruleset(text).match(entry(wanted)).matches == ()


@given(st.lists(words, min_size=1, max_size=6), words)
def test_cover_agrees_with_the_matcher(known: list[str], asked: str) -> None:
    """What covers a term matches every text made of that term and a few letters."""
    terms = [read_term(text) for text in known]
    text = asked.removesuffix("*") + ("zz" if asked.endswith("*") else "")
    over = {one.text for one, _ in Cover((one, None) for one in terms).over(read_term(asked))}
    rules = ruleset("rules: {" + ", ".join(f'r{number}: "{one.text}"' for number, one in enumerate(terms)) + "}")
    hit = {known[int(match.rule.id[1:])] for match in rules.match(entry(text)).matches}
    assert over <= hit
    whole = {one.text for one, _ in Cover((one, None) for one in terms).over_whole(read_term(asked))}
    assert whole <= over


# -- our own rules -----------------------------------------------------------------------------------------------------


def test_the_bundled_rules_are_free_of_warnings() -> None:
    paths = sorted((ROOT / "rules").glob("*.yaml"))
    documents = [read for read, _ in (read_document(path) for path in paths) if read is not None]
    assert len(documents) >= 5
    assert [str(problem) for problem in lint(documents, read_definitions(documents), today=TODAY)] == []
