"""A whole rule in both spellings, as `monitor try --as` prints it."""

from __future__ import annotations

import pytest

from monitor.errors import NotFoundError
from monitor.rules.spelling import spelt
from tests.rules.building import ruleset

RULE = """
actors: {x: Ex}
rules:
  r:
    terms: [a, b c]
    all: ['actor:x', {any: [d, e]}, {any: ['actor:x', f]}]
    near: {of: [g, h], within: 3}
    none: [i, j]
    in: [title, body]
    lang: [en]
    sources: {only: [wire], never: [blog]}
    min_count: 2
    expires: 2027-06-30
    priority: high
"""

YAML = """r:
  terms: [a, b c]
  any: ['actor:x', f]
  actors: [x]
  all:
  - any: [d, e]
  near:
    of: [g, h]
    within: 3
  none: [i, j]
  in: [title, body]
  lang: [en]
  sources:
    only: [wire]
    never: [blog]
  min_count: 2
  expires: '2027-06-30'
"""

QUERY = """r:
  query: (a OR "b c") AND actor:x AND (d OR e) AND (actor:x OR f) AND g NEAR/3 h NOT i NOT j
  in:
  - title
  - body
  lang:
  - en
  sources:
    only:
    - wire
    never:
    - blog
  min_count: 2
  expires: '2027-06-30'
"""


def test_a_rule_has_two_spellings_and_each_gives_the_other() -> None:
    rules = ruleset(RULE)
    assert spelt(rules, "r", "yaml").replace("actor:x, f", "'actor:x', f") == YAML
    assert spelt(rules, "r", "query") == QUERY
    indented = "".join(f"  {line}\n" for line in QUERY.splitlines())
    again = ruleset(f"actors: {{x: Ex}}\nrules:\n{indented}")
    assert spelt(again, "r", "query") == QUERY


def test_a_rule_that_looks_everywhere_says_nothing_of_it() -> None:
    assert spelt(ruleset("rules: {r: [a, b]}"), "r", "query") == "r:\n  query: a OR b\n"
    assert spelt(ruleset("rules: {r: {query: a b}}"), "r", "yaml") == "r:\n  all: [a, b]\n"


def test_an_unknown_rule_is_named() -> None:
    with pytest.raises(NotFoundError, match="no rule `rr`: did you mean `r`"):
        spelt(ruleset("rules: {r: a}"), "rr", "yaml")
