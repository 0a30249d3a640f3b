"""The cookbook's rules are real: they load, their examples hold, and lint has nothing to say against them."""

from __future__ import annotations

import re
from datetime import date

import pytest

from monitor.model import Priority
from monitor.rules.examples import run_examples
from monitor.rules.lint.lint import lint
from monitor.rules.load import load_rules, read_definitions
from tests.docs.pages import DOCS, Page
from tests.rules.building import document

PAGES = [Page(path) for path in sorted((DOCS / "cookbook").glob("*.md"))]
BEATS = {
    part.partition("\n")[0]: block
    for page in PAGES
    for part in re.split(r"^## ", page.text, flags=re.MULTILINE)[1:]
    for block in re.findall(r"^```yaml\n(.*?)^```$", part, re.MULTILINE | re.DOTALL)
}


def test_there_are_twenty_beats_and_every_block_is_one() -> None:
    assert len(BEATS) == 20
    assert sum(len(page.blocks("yaml")) for page in PAGES) == 20


@pytest.mark.parametrize("beat", BEATS)
def test_the_beat_works(beat: str) -> None:
    written = document(BEATS[beat])
    rules, problems = load_rules([written], channels=None, default_notify=("desk",), default_priority=Priority.NORMAL)
    assert [str(problem) for problem in problems] == []
    assert rules is not None
    assert [str(result.problem) for result in run_examples(rules) if not result.passed] == []
    found = lint([written], read_definitions([written]), today=date(2026, 11, 1))
    assert [str(problem) for problem in found] == []
    for rule in written.value["rules"].values():
        assert len(rule["hits"]) >= 2 or "spike" in rule
        assert rule["misses"]


def test_the_index_counts_and_names_them() -> None:
    (index,) = (page for page in PAGES if page.path.name == "index.md")
    rows = re.findall(r"^\| \[.*?\]\((\S+)\) \| (.*) \|$", index.text, re.MULTILINE)
    assert {name: len(row.split(", ")) for name, row in rows} == dict.fromkeys(
        (page.path.name for page in PAGES if page is not index), 5
    )
