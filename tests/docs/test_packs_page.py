"""The page about packs shows what there is."""

from __future__ import annotations

from datetime import date

from monitor.packs.pack import read_pack
from monitor.packs.source import MOST_BYTES, MOST_FILES, MOST_RATIO
from tests.docs.pages import DOCS, Page

PAGE = Page(DOCS / "packs.md")


def test_its_pack_is_one() -> None:
    (about,) = PAGE.blocks("yaml")
    rules = b"rules: {north-storm: {terms: [storm], hits: [A storm]}}\n"
    pack = read_pack({"pack.yaml": about.encode(), "rules/a.yaml": rules}, label="north", today=date(2026, 3, 1))
    assert pack.name == "north"


def test_its_limits_are_those_that_hold() -> None:
    assert f"{MOST_FILES} files, {MOST_BYTES // 1_000_000} MB, packed {MOST_RATIO} times at most" in PAGE.text
