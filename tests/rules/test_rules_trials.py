"""Rules that stand in no file, loaded with what the files hold."""

from __future__ import annotations

import pytest

from monitor.document import Document, parse_document
from monitor.errors import ConfigurationError
from monitor.model import Priority
from monitor.rules.trials import Trials

FILES = """
actors: {shoygu: [Shoygu], carter: [Carter]}
rules: {talks: {terms: talks, all: [Syria]}, broken: {termz: x}}
"""


def document(text: str) -> Document:
    read, problems = parse_document(text.encode(), name="files.yaml")
    assert read is not None
    assert not problems
    return read


@pytest.fixture
def trials() -> Trials:
    return Trials([document(FILES)], channels=("desk",), default_notify=("desk",), default_priority=Priority.HIGH)


def mistakes(trials: Trials, text: str, **how: int) -> list[str]:
    with pytest.raises(ConfigurationError) as raised:
        trials.load(text.encode(), name="trial", **how)
    return [str(problem) for problem in raised.value.problems]


def test_the_rules_of_the_files_are_read_once(trials: Trials) -> None:
    usable = trials.usable
    first, second = (trials.load(b"{use: talks, actors: shoygu}", name="trial") for _ in range(2))
    assert first.rules["trial"].notify == second.rules["trial"].notify == ("desk",)
    assert first.rules["trial"].priority is Priority.HIGH
    assert trials.usable is usable


def test_its_own_actors_take_the_place_of_the_files(trials: Trials) -> None:
    ruleset = trials.load(b"actors: {shoygu: [Bob]}\nrules: {r: {actors: [shoygu, carter]}}", name="trial")
    (clause,) = ruleset.compiled["r"].definition.clauses
    assert "Bob" in repr(clause)
    assert "Shoygu" not in repr(clause)
    assert "Carter" in repr(clause)


def test_every_mistake_is_named(trials: Trials) -> None:
    assert mistakes(trials, "[a") == [
        "trial:1:1: this `[` is never closed; close it, or quote it if it is meant as a character"
    ]
    assert mistakes(trials, "{terms: a, terms: b, al: c}") == [
        "trial:1:12: duplicate key `terms`; it stands in line 1 already",
        "trial:1:22: unknown key `al`; did you mean `all`?",
    ]
    assert "more than 3 values" in mistakes(trials, "[a, b, c]", max_values=3)[0]


def test_a_query_is_one_line_wherever_it_is_broken(trials: Trials) -> None:
    ruleset = trials.load_query(" talks\nNEAR/5 Syria ", name="query")
    assert [clause.key for clause in ruleset.compiled["trial"].definition.clauses] == ["query"]
    with pytest.raises(ConfigurationError) as raised:
        trials.load_query("talks AND\nactor:shoigu", name="query")
    (problem,) = raised.value.problems
    assert (problem.line, problem.column, problem.source) == (1, 17, "talks AND actor:shoigu")
    assert "did you mean `shoygu`" in problem.hint
    with pytest.raises(ConfigurationError, match=r"query:1:3: control character U\+001B; delete it"):
        trials.load_query("a \x1b[31m", name="query")


def test_a_query_may_ask_for_more(trials: Trials) -> None:
    definition = trials.load_query("talks", name="query", also={"lang": "ru"}).compiled["trial"].definition
    assert [clause.key for clause in definition.clauses] == ["query", "lang"]


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ('"a\\" "b', '"'),
        ("'a' AND actor:nobody", "'a'"),
        ('"two  words" actor:nobody', "nobody"),
        ("> actor:nobody", ">"),
    ],
)
def test_a_mistake_of_a_query_stands_where_it_was_typed(trials: Trials, query: str, wrong: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        trials.load_query(query, name="query")
    found = [query[each.column - 1 : each.column - 1 + each.width] for each in raised.value.problems]
    assert wrong in found
