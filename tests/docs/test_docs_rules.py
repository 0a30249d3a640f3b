"""docs/rules.md is true: its blocks load, its examples hold, its tables name every key, and its words match."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from monitor.model import Entry, Priority
from monitor.rules.examples import run_examples
from monitor.rules.load import load_rules
from monitor.rules.match import Ruleset
from monitor.rules.models import GroupShape, RuleDefaults, RuleShape
from tests.rules.building import document, entry, ruleset

PAGE = (Path(__file__).parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def load(text: str) -> Ruleset:
    rules, problems = load_rules(
        [document(text)], channels=None, default_notify=("desk",), default_priority=Priority.NORMAL
    )
    assert problems == []
    assert rules is not None
    return rules


@pytest.mark.parametrize("block", BLOCKS)
def test_every_block_loads_and_its_examples_hold(block: str) -> None:
    rules = load(block)
    assert rules.rules
    assert [str(result.problem) for result in run_examples(rules) if not result.passed] == []


def test_every_key_of_a_rule_has_its_line() -> None:
    named = set(re.findall(r"`(\w+)(?=[`:])", "".join(re.findall(r"^\| (.*?) \|", PAGE, re.MULTILINE))))
    keys = {info.alias or name for name, info in RuleShape.model_fields.items()}
    assert keys - named == set()


def test_every_default_is_named() -> None:
    (sentence,) = re.findall(r"A rules file may set (.*?) for all", PAGE, re.DOTALL)
    assert set(re.findall(r"`(\w+)`", sentence)) == {info.alias or n for n, info in RuleDefaults.model_fields.items()}


def test_there_is_a_block_for_every_condition() -> None:
    written = "".join(BLOCKS)
    assert [
        key
        for name, info in GroupShape.model_fields.items()
        if f"{key_of(name, info.alias)}:" not in written
        for key in [name]
    ] == []


def key_of(name: str, alias: str | None) -> str:
    return alias or name


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("Choigou", "Choïgou"),
        ("resume", "résumé"),
        ("military-to-military", "military\xa0to\u2011military"),
        ("entretien", "l’entretien"),
        ("Shoygu", "Shoygu’s"),
        ("military", "mili\xadtary"),
        ("绍伊古", "俄国防部长绍伊古访问"),
        ("ไทย", "ประเทศไทยวันนี้"),
        ("Strasse", "Straße"),
        ("Muller", "Müller"),
        ("Isparta", "ısparta"),
        ("Istanbul", "İstanbul"),
        ("Лавров*", "Лавровым"),
    ],
)
def test_words_are_what_the_page_says(term: str, text: str) -> None:
    assert ruleset(f"rules: {{r: ['{term}']}}").match(entry(text)).matches


@pytest.mark.parametrize(
    ("term", "text"), [("ISIS", "crisis"), ("Mueller", "Müller"), ("بيت", "البيت"), ("Лавров", "Лавровым")]
)
def test_words_are_not_what_the_page_denies(term: str, text: str) -> None:
    article: Entry = entry(text)
    assert not ruleset(f"rules: {{r: ['{term}']}}").match(article).matches
