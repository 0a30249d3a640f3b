"""Loading: shapes that people write, and every mistake at its place."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from monitor.document import Document, parse_document
from monitor.model import Field, Priority, Rule
from monitor.rules.load import TRIAL, load_rules, load_trial
from tests.rules.building import document, entry, hits, load, problems_of, ruleset

# -- what is accepted --------------------------------------------------------------------------------------------------


def test_a_rule_may_be_text_or_a_list_or_a_mapping() -> None:
    rules = ruleset("rules: {one: military talks, two: [a, b], three: {terms: c}, four: {all: d}, five: {terms: [e]}}")
    assert [hits(rules, text) for text in ("military talks", "b", "c", "d", "e")] == [
        ["one"], ["two"], ["three"], ["four"], ["five"],
    ]  # fmt: skip


def test_what_a_rule_says_about_itself() -> None:
    rules = ruleset("""
rules:
  plain: x
  whole:
    title: " The whole "
    terms: x
    priority: urgent
    notify: [chief, desk, chief]
    in: [summary, title]
    owner: mideast-desk
    tags: syria
    note: seen in 2015
""")
    assert rules.rules == {
        "plain": Rule(id="plain", title="plain", priority=Priority.NORMAL, notify=("desk",)),
        "whole": Rule(
            id="whole",
            title="The whole",
            priority=Priority.URGENT,
            notify=("chief", "desk"),
            owner="mideast-desk",
            tags=("syria",),
            note="seen in 2015",
        ),
    }
    definitions = {name: compiled.definition for name, compiled in rules.compiled.items()}
    assert definitions["whole"].fields == (Field.TITLE, Field.SUMMARY)
    assert definitions["plain"].fields == tuple(Field)
    assert (definitions["plain"].place, definitions["whole"].place) == ("0.yaml:3", "0.yaml:4")


def test_defaults_of_the_caller_hold_where_a_rule_is_silent() -> None:
    rules, problems = load_rules(
        [document("rules: {r: x}")], channels=None, default_notify=("log",), default_priority=Priority.LOW
    )
    assert problems == []
    assert rules is not None
    assert rules.rules["r"] == Rule(id="r", title="r", priority=Priority.LOW, notify=("log",))


def test_actors_are_known_in_every_file_whatever_the_order() -> None:
    rules = ruleset("rules: {r: {actors: late}}", "actors: {late: Shoygu}", "feeds: {}")
    assert hits(rules, "Shoygu") == ["r"]


def test_an_actor_may_be_one_name_a_list_or_a_mapping_and_a_spelling_may_stand_twice() -> None:
    rules = ruleset("""
actors: {a: Ay, b: [Bee, BEE, bée], c: {names: See, wikidata: Q1, note: n}}
rules: {a: {actors: a}, b: {actors: [b, b]}, c: {actors: [actor:c]}}
""")
    assert [hits(rules, text) for text in ("ay", "bée", "see")] == [["a"], ["b"], ["c"]]


def test_channels_are_not_checked_where_they_are_not_known() -> None:
    rules, problems = load("rules: {r: {terms: x, notify: whoever}}", channels=None)
    assert problems == []
    assert rules is not None
    assert rules.rules["r"].notify == ("whoever",)


@pytest.mark.parametrize("text", ["", "rules:", "rules: {}", "actors:\nrules: ~", "feeds: {a: b}", "- 1", "text"])
def test_no_rules_are_no_mistake_and_other_shapes_are_not_our_business(text: str) -> None:
    assert ruleset(text).rules == {}


# -- what is refused ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # keys
        ("rules: {r: {term: x}}", "0.yaml:1:13: unknown key `term`; did you mean `terms`?"),
        ("rules: {r: {terms: x, prioriti: low}}", "0.yaml:1:23: unknown key `prioriti`; did you mean `priority`?"),
        ("actors: {a: {name: x}}", "unknown key `name`; did you mean `names`?"),
        ("actors: {a: {names: x, wiki: Q1}}", "unknown key `wiki`; did you mean `wikidata`?"),
        ("rules: {r: {terms: x, hits: {titel: y}}}", "0.yaml:1:30: unknown key `titel`; did you mean `title`?"),
        ("rules: {r: {terms: x, hits: {title: y, boddy: z}}}", "0.yaml:1:40: unknown key `boddy`; did you mean `body`?"),
        # ids
        ("rules: {My Rule: x}", "0.yaml:1:9: `My Rule` is no rule id: small letters, digits, `-` and `_`"),
        ("rules: {My Rule: x}", "write `my-rule`"),
        ("rules: {Régle_É!: x}", "write `regle_e`"),
        ("rules: {'': x}", "`` is no rule id"),
        ("rules: {-x: y}", "write `x`"),
        ("actors: {Шойгу: x}", "`Шойгу` is no actor id"),
        # references
        ("actors: {shoygu: x}\nrules: {r: {actors: shoigu}}", "0.yaml:2:21: unknown actor `shoigu`; did you mean `shoygu`?"),
        ("actors: {sergey: [Шойгу]}\nrules: {r: {actors: ШОЙГУ}}", "unknown actor `ШОЙГУ`; did you mean `sergey`?"),
        ("actors: {x: y}\nrules: {r: {all: [a, 'actor:zzz']}}", "0.yaml:2:22: unknown actor `zzz`; known here: `x`"),
        ("rules: {r: {terms: a, none: 'actor:'}}", "unknown actor ``"),
        ("rules: {r: {actors: Putin}}", "unknown actor `Putin`; write its spellings under `actors:` at the top of a file"),
        ("rules: {r: {near: a}}", "0.yaml:1:19: this should be a mapping: write for example `{of: [talks, Syria],"),
        ("rules: {r: {terms: a, at_least: 3}}", "this should be a mapping: write for example `{entries: 3, sources: 2,"),
        ("rules: {r: {terms: a, spike: 3}}", "this should be a mapping: write for example `{factor: 3, over: 1h,"),
        # what other tools call it
        ("rules: {r: {near: {of: [a, b], distance: 5}}}", "0.yaml:1:32: unknown key `distance`; did you mean `within`?"),
        ("rules: {r: {terms: a, not: b}}", "0.yaml:1:23: unknown key `not`; did you mean `none`?"),
        ("rules: {r: {keywords: a}}", "unknown key `keywords`; did you mean `terms`?"),
        ("rules: {r: {any: [{exclude: a, any: b}]}}", "unknown key `exclude`; did you mean `none`?"),
        ("rules: {r: {terms: a, channel: desk}}", "unknown key `channel`; did you mean `notify`?"),
        ("rules: {r: {actors: '!'}}", "unknown actor `!`"),
        ("rules: {r: {terms: x, notify: [desk, cheif]}}", "0.yaml:1:38: unknown channel `cheif`; did you mean `chief`?"),
        # terms
        ("rules: {r: ''}", "0.yaml:1:12: an empty term"),
        ("rules: {r: ['…']}", "0.yaml:1:13: a term without any letter or digit"),
        ("rules: {r: [ok, 'mil* talks']}", "0.yaml:1:17: a `*` stands only at the end"),
        ("rules: {r: {terms: ok, all: [a*]}}", "a `*` needs at least 2 letters"),
        ("actors: {a: [ok, '-']}", "0.yaml:1:18: a term without any letter or digit"),
        # nothing
        ("rules: {r: }", "0.yaml:1:9: rule `r` watches for nothing; give it `terms`, `actors` or `all`"),
        ("rules: {r: {}}", "rule `r` watches for nothing"),
        ("rules: {r: {none: x}}", "rule `r` watches for nothing"),
        ("rules: {r: []}", "nothing here: write a value, or remove the key"),
        ("rules: {r: [~]}", "0.yaml:1:13: nothing here"),
        ("rules: {r: {terms: x, all: }}", "0.yaml:1:28: nothing here"),
        ("rules: {r: {terms: x, title: }}", "nothing here"),
        ("rules: {r: {terms: x, in: []}}", "nothing here"),
        ("rules: {r: {terms: x, priority: ~}}", "nothing here"),
        ("rules: {r: {terms: x, hits: [~]}}", "an example needs a title, a summary or a body"),
        ("rules: {r: {terms: x, misses: {lang: ru}}}", "an example needs a title, a summary or a body"),
        ("actors: {a: }", "an actor needs `names`"),
        ("actors: {a: {note: x}}", "an actor needs `names`"),
        ("actors: {a: []}", "nothing here"),
        # words of a closed list
        ("rules: {r: {terms: x, priority: hihg}}", "`high`, `urgent`, not `hihg`; did you mean `high`?"),
        ("rules: {r: {terms: x, in: [title, sumary]}}", "0.yaml:1:35: this should be one of `title`, `summary`, `body`"),
        # shapes
        ("rules: [a]", "0.yaml:1:8: this should be a mapping (`key: value`); write `rules:`, and under it"),
        ("rules: text", "this should be a mapping"),
        ("actors: [a]", "0.yaml:1:9: this should be a mapping"),
        ("rules: {r: [[a]]}", "0.yaml:1:13: this should be text"),
        ("rules: {r: [a: b]}", "0.yaml:1:13: this should be text; text that holds `: `"),
        ("rules: {r: {terms: x, title: [a]}}", "0.yaml:1:30: this should be text"),
        ("rules: {r: {terms: {a: b}}}", "this should be text"),
        ("rules: {r: {terms: x, notify: {a: b}}}", "this should be text"),
        ("rules: {r: {terms: x, priority: [low]}}", "0.yaml:1:33: this should be one of"),
        ("rules: {r: {terms: x, hits: [[a]]}}", "0.yaml:1:30: this should be text"),
        ("rules: {r: {terms: x, hits: [Syria: talks]}}", "0.yaml:1:30: this should be text; text that holds `: `"),
        ("rules: {r: " + "[" * 20 + "]" * 20 + "}", "0.yaml:1:13: this should be text"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_at_its_place(text: str, expected: str) -> None:
    problems = problems_of(text)
    assert len(problems) == 1
    assert expected in problems[0]


def test_duplicates_name_the_other_place() -> None:
    assert problems_of("actors: {a: x}\nrules: {r: x}", "rules:\n  r: y\nactors:\n  a: y") == [
        "1.yaml:2:3: duplicate rule `r`; it stands in 0.yaml:2 already",
        "1.yaml:4:3: duplicate actor `a`; it stands in 0.yaml:1 already",
    ]


def test_all_mistakes_of_all_files_come_at_once_in_their_order() -> None:
    problems = problems_of(
        """
actors:
  good: [Good]
  bad: ['-', {a: b}, '*']
rules:
  one: {term: x, terms: ['!', 'a b'], actors: [godo], notify: nobody, priority: top, hits: {lang: x}}
  Two: {actors: bad}
""",
        "rules: {one: y, three: }",
    )
    assert [problem.split("; ")[0] for problem in problems] == [
        "0.yaml:4:9: a term without any letter or digit",
        "0.yaml:4:14: this should be text",
        "0.yaml:4:22: a term without any letter or digit",
        "0.yaml:6:9: unknown key `term`",
        "0.yaml:6:26: a term without any letter or digit",
        "0.yaml:6:48: unknown actor `godo`",
        "0.yaml:6:63: unknown channel `nobody`",
        "0.yaml:6:81: this should be one of `low`, `normal`, `high`, `urgent`, not `top`",
        "0.yaml:6:92: an example needs a title, a summary or a body",
        "0.yaml:7:3: `Two` is no rule id: small letters, digits, `-` and `_`, a letter or digit first",
        "1.yaml:1:9: duplicate rule `one`",
        "1.yaml:1:17: rule `three` watches for nothing",
    ]


def test_a_problem_shows_its_line_and_what_to_underline() -> None:
    _, (problem,) = load("rules:\n  r: {actors: shoigu}\n")
    assert (problem.line, problem.column, problem.width) == (2, 15, 6)
    assert problem.source == "  r: {actors: shoigu}"


def test_a_mistake_in_an_actor_is_not_held_against_the_rules_that_name_it() -> None:
    assert len(problems_of("actors: {a: '!'}\nrules: {r: {actors: a}, s: {all: 'actor:a'}}")) == 1


@pytest.mark.no_cover
def test_very_many_mistakes_are_as_many_problems() -> None:
    problems = problems_of("rules:\n" + "".join(f"  r{number}: {{term: x}}\n" for number in range(1_000)))
    assert len(problems) == 1_000
    assert problems[-1].startswith("0.yaml:1001:10: unknown key `term`")


values = st.recursive(
    st.none() | st.text(st.sampled_from("ab*- :é绍"), max_size=6) | st.sampled_from(["title", "high", "desk", "actor:x", "x"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["terms", "actors", "all", "none", "in", "hits", "notify", "names", "title", "odd", "x"]), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


def written(value: Any) -> Document:
    """Write a value as YAML and read it back, so that every piece has a place."""
    text = yaml.safe_dump(value, allow_unicode=True, default_style='"')
    parsed, problems = parse_document(text.replace('!!null "null"', "~").encode(), name="any.yaml")
    assert parsed is not None, problems
    return parsed


@given(st.dictionaries(st.sampled_from(["rules", "actors", "feeds"]), values, max_size=3))
def test_any_document_gives_rules_or_problems_with_places(value: dict[str, Any]) -> None:
    rules, problems = load_rules(
        [written(value)], channels=("desk",), default_notify=("desk",), default_priority=Priority.NORMAL
    )
    assert (rules is None) == bool(problems)
    assert all(problem.line > 0 and problem.message for problem in problems)
    if rules:
        assert rules.match(entry("a b x title é绍", "desk", "high")).failures == ()


@given(values)
def test_any_trial_gives_rules_or_problems_with_places(value: Any) -> None:
    rules, problems = load_trial(
        written(value), [document("actors: {x: y}")], channels=None, default_notify=(), default_priority=Priority.NORMAL
    )
    assert (rules is None) == bool(problems)
    assert all(problem.message for problem in problems)


# -- one rule on trial -------------------------------------------------------------------------------------------------

OTHERS = 'actors: {shoygu: [Shoygu, Шойгу]}\nrules: {other: x, broken: {term: "!"}}'


@pytest.mark.parametrize(
    "text",
    [
        "Шойгу",
        "[Shoygu, Шойгу]",
        "{actors: shoygu}",
        "actors: [shoygu]\ntitle: a title",
        "rules: {trial: {actors: shoygu}}",
        "actors: {me: Шойгу}\nrules: {trial: {actors: me}}",
    ],
)
def test_a_trial_is_one_bare_rule_or_a_document(text: str) -> None:
    rules, problems = load_trial(
        document(text, name="-"),
        [document(OTHERS)],
        channels=("desk",),
        default_notify=("desk",),
        default_priority=Priority.NORMAL,
    )
    assert problems == []
    assert rules is not None
    assert list(rules.rules) == [TRIAL]
    assert hits(rules, "Министр Шойгу") == [TRIAL]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "-: rule `trial` watches for nothing; give it `terms`, `actors` or `all`"),
        ("'!'", "-:1:1: a term without any letter or digit"),
        ("terms: [ok]\nactors: [shoigu]", "-:2:10: unknown actor `shoigu`; did you mean `shoygu`?"),
        ("terms: ok\nintitle: x", "-:2:1: unknown key `intitle`; did you mean `title`?"),
        ("[ok, [x]]", "-:1:6: this should be text, not a list: for any of several, write `{any: [a, b]}`"),
        ("rules: {x: }", "-:1:9: rule `x` watches for nothing; give it `terms`, `actors` or `all`"),
    ],
)
def test_mistakes_in_a_trial_have_their_places(text: str, expected: str) -> None:
    rules, problems = load_trial(
        document(text, name="-"), [document(OTHERS)], channels=None, default_notify=(), default_priority=Priority.NORMAL
    )
    assert rules is None
    assert [str(problem) for problem in problems] == [expected]


def test_json_is_yaml() -> None:
    rules = ruleset(json.dumps({"rules": {"r": {"terms": ["Шойгу"], "hits": [{"title": "Шойгу"}]}}}))
    assert hits(rules, "шойгу") == ["r"]
