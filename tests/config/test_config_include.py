"""Files that lie where `include` looks, and are not read."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from monitor.rules.lint.pages import PAGES
from monitor.setup import inspect_setup
from tests.config.place import Place


def warnings(place: Place, text: str) -> list[str]:
    return [str(problem).replace(f"{place.folder}/", "") for problem in place.load(text).passed_over]


def test_a_file_with_another_suffix_is_named_with_the_pattern_that_would_take_it_in(place: Place) -> None:
    for name in ("a.yaml", "b.yml", "c.YAML", "d.txt", "e.yaml~", ".f.yml", "deep/g.yml"):
        place.write(f"rules/{name}", "")
    (place.folder / "rules" / "a.yml").symlink_to("a.yaml")  # another name of a file that is read
    assert warnings(place, "include: [rules/*.yaml]") == [
        (
            "monitor.yaml:1:11: MM301 `rules/b.yml` is passed over: `rules/*.yaml` does not take it in;"
            " rename it, or add `rules/*.yml`"
        ),
        (
            "monitor.yaml:1:11: MM301 `rules/c.YAML` is passed over: `rules/*.yaml` does not take it in;"
            " rename it, or add `rules/*.YAML`"
        ),
    ]
    (other,) = warnings(place, "include: ['rules/**/*.yml', rules/a.yaml]")
    assert "`rules/c.YAML` is passed over: `rules/**/*.yml` does not take it in" in other


def test_a_link_to_nothing_is_named_once(place: Place) -> None:
    place.write("rules/a.yaml", "")
    (place.folder / "rules" / "b.yaml").symlink_to("gone.yaml")
    (place.folder / "rules" / "folder.yaml").mkdir()
    assert warnings(place, "include: ['rules/*.yaml', 'rules/?.yaml']") == [
        (
            "monitor.yaml:1:11: MM301 `rules/b.yaml` is a link to nothing: it is passed over;"
            " remove it, or put the file back"
        )
    ]


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "include: [rules/a.yaml]",
        "include: ['rules/*.yaml', 'rules/*.yml']",
        "include: ['rules/*']",
        "include: ['rules/*.yaml']  # monitor: ignore MM301",
    ],
)
def test_nothing_is_said_where_nothing_is_passed_over(place: Place, text: str) -> None:
    place.write("rules/a.yaml", "")
    place.write("rules/b.yml", "")
    assert warnings(place, text) == []


@pytest.mark.parametrize(("kind", "found"), [("bad", ["MM301"]), ("good", [])])
def test_the_examples_of_the_page(tmp_path: Path, kind: str, found: list[str]) -> None:
    place = Place(tmp_path)
    for name in ("desk.yaml", "north.yml"):
        place.write(f"rules/{name}", "")
    place.write("monitor.yaml", getattr(PAGES["MM301"], kind) + "\nchannels: {log: {console: true}}\n")
    inspection = inspect_setup(place.file, today=date(2026, 1, 1), env={})
    assert [problem.code for problem in inspection.problems] == found
