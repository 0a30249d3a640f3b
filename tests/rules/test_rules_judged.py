"""What people think of alerts, and what a rule learns from it."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.document import Document, parse_document
from monitor.model import Feedback, Priority
from monitor.rules.examples import run_examples
from monitor.rules.judged import Score, judged_rules, propose_misses
from monitor.rules.load import load_rules
from monitor.rules.match import Ruleset

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TEXTS = {
    "a": "Shoygu opens a football cup",
    "b": "Шойгу: talks",
    "c": "Shoygu: «R&D»",
    "d": "Cup: the final\nShoygu opens it in Tula, says a fan",
}


def said(alert: str, by: str, *, relevant: bool, rule: str = "talks", spelling: str = "Shoygu") -> Feedback:
    return Feedback(
        alert_id=alert, rule=rule, by=by, at=NOW, relevant=relevant, spellings=(spelling,), text=TEXTS[alert]
    )


def test_opinions_are_counted_by_rule_and_spelling_the_worst_first() -> None:
    judged = judged_rules(
        [
            said("a", "anna", relevant=False),
            said("b", "anna", relevant=True, spelling="Шойгу"),
            said("b", "bob", relevant=False, spelling="Шойгу"),
            said("c", "bob", relevant=False),
            said("a", "anna", relevant=True, rule="other"),
        ]
    )
    assert list(judged) == ["other", "talks"]
    talks = judged["talks"]
    assert talks.score == Score(relevant=1, judged=4)
    assert talks.score.precision == 0.25
    assert list(talks.spellings.items()) == [
        ("Shoygu", Score(relevant=0, judged=2)),
        ("Шойгу", Score(relevant=1, judged=2)),
    ]
    assert talks.unwanted == (TEXTS["a"], TEXTS["c"]), "what somebody found relevant is no miss"
    assert judged["other"].unwanted == ()


def loaded(text: str) -> tuple[Ruleset, Document]:
    document, problems = parse_document(text.encode(), name="rules.yaml")
    assert document is not None
    assert not problems
    ruleset, mistakes = load_rules(
        [document], channels=("desk",), default_notify=("desk",), default_priority=Priority.NORMAL
    )
    assert not mistakes
    assert ruleset is not None
    return ruleset, document


UNWANTED = [said("a", "anna", relevant=False), said("c", "anna", relevant=False)]


@pytest.mark.parametrize(
    "rule",
    [
        "  talks: {terms: Shoygu}\n",
        "  talks: {terms: Shoygu, misses: [calm]}\n",
        "  talks:\n    terms: [Shoygu]\n    priority: high\n",
        "  talks:\n    terms: [Shoygu]\n    misses:\n      - calm\n",
        "  talks:\n    misses: calm\n    terms: [Shoygu]\n",
    ],
)
def test_a_patch_adds_what_nobody_wanted_and_then_there_is_nothing_to_add(rule: str, tmp_path: Path) -> None:
    text = f"# ours\nrules:\n{rule}  other: [calm]\n"
    ruleset, document = loaded(text)
    judged = judged_rules(UNWANTED)
    (patch,) = propose_misses(ruleset, [document], judged.values())
    file = tmp_path / "rules.yaml"
    file.write_text(text)
    subprocess.run(["patch", "-p0"], input=patch.encode(), cwd=tmp_path, check=True, capture_output=True)
    ruleset, document = loaded(file.read_text())
    misses = [each.title for each in ruleset.compiled["talks"].definition.examples if not each.hit]
    assert misses[-2:] == [TEXTS["a"], TEXTS["c"]]
    assert propose_misses(ruleset, [document], judged.values()) == []


@pytest.mark.parametrize(
    ("rule", "example"),
    [
        ("{terms: Shoygu}", '{title: "Cup: the final", summary: "Shoygu opens it in Tula, says a fan"}'),
        ("{terms: Shoygu, in: summary}", '{title: "Cup: the final", summary: "Shoygu opens it in Tula, says a fan"}'),
        ("{terms: Shoygu, in: body}", '{title: "Cup: the final", body: "Shoygu opens it in Tula, says a fan"}'),
        ("{re: 'final$', in: title}", '"Cup: the final"'),
    ],
)
def test_an_example_fails_until_the_rule_has_learnt(rule: str, example: str, tmp_path: Path) -> None:
    text = f"rules:\n  talks: {rule}\n"
    ruleset, document = loaded(text)
    judged = judged_rules([said("d", "anna", relevant=False), said("d", "bob", relevant=False)]).values()
    (patch,) = propose_misses(ruleset, [document], judged)
    assert f"+  talks: {{misses: [{example}], " in patch
    file = tmp_path / "rules.yaml"
    file.write_text(text)
    subprocess.run(["patch", "-p0"], input=patch.encode(), cwd=tmp_path, check=True, capture_output=True)
    learning, document = loaded(file.read_text())
    assert [each.passed for each in run_examples(learning)] == [False]
    assert propose_misses(learning, [document], judged) == []


def test_a_rule_that_reads_no_title_learns_from_a_text_that_was_said_once() -> None:
    ruleset, document = loaded("rules:\n  talks: {terms: Shoygu, in: summary}\n")
    (patch,) = propose_misses(ruleset, [document], judged_rules(UNWANTED[:1]).values())
    assert f"misses: [{{title: {TEXTS['a']}, summary: {TEXTS['a']}}}]" in patch


def test_where_no_line_can_be_added_it_is_said_what_to_write() -> None:
    ruleset, document = loaded("rules:\n  talks: Shoygu\n")
    (said_so,) = propose_misses(ruleset, [document], judged_rules(UNWANTED).values())
    assert said_so == f'add to `talks` in rules.yaml:2: misses: [{TEXTS["a"]}, "{TEXTS["c"]}"]\n'


def test_a_rule_that_is_gone_learns_nothing() -> None:
    ruleset, document = loaded("rules:\n  other: calm\n")
    judged = judged_rules(UNWANTED).values()
    assert propose_misses(ruleset, [document], judged) == []
    assert propose_misses(loaded("rules:\n  talks: Shoygu\n")[0], [document], judged) == []
