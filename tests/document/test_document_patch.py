"""Files are changed line by line, and only where the change says what was wanted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.document import Document, parse_document
from monitor.document.patch import (
    add_entries,
    diff,
    entry_text,
    put_entry,
    quoted,
    remove_entry,
    replace_file,
    written,
)

URL = "https://new.example/rss?a=1&b=2"


def document(text: str) -> Document:
    found, problems = parse_document(text.encode(), name="monitor.yaml")
    assert found is not None
    assert not problems
    return found


def added(text: str, **entries: Any) -> str:
    return add_entries(document(text), "feeds", entries or {"new": URL})


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", f"feeds:\n  new: {URL}\n"),
        ("# only this\n", f"# only this\n\nfeeds:\n  new: {URL}\n"),
        ("rules: {a: b}", f"rules: {{a: b}}\n\nfeeds:\n  new: {URL}\n"),
        ("feeds:\nrules: {a: b}\n", f"feeds:\n  new: {URL}\nrules: {{a: b}}\n"),
        ("feeds:\n    a: x\n", f"feeds:\n    a: x\n    new: {URL}\n"),
        ("feeds:\n  a: x  # why\n\n# the rules\nrules: {b: c}\n",
         f"feeds:\n  a: x  # why\n  new: {URL}\n\n# the rules\nrules: {{b: c}}\n"),
        ("feeds:\n  a:\n    url: x\n    tags:\n      - t\n# end\n",
         f"feeds:\n  a:\n    url: x\n    tags:\n      - t\n  new: {URL}\n# end\n"),
        ("feeds: {a: x}\n", f"feeds: {{a: x, new: {URL}}}\n"),
        ("feeds: {a: {url: x}}\n", f"feeds: {{new: {URL}, a: {{url: x}}}}\n"),
        ("feeds: {}\n", f"feeds: {{new: {URL}}}\n"),
        ("feeds:\r\n  a: x\r\n", f"feeds:\r\n  a: x\r\n  new: {URL}\r\n"),
        ("feeds:\n  a: x", f"feeds:\n  a: x\n  new: {URL}\n"),
    ],
)  # fmt: skip
def test_an_entry_is_added_where_a_person_would_add_it(before: str, after: str) -> None:
    assert added(before) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("feeds: {a: x}  # why\n", "feeds: {a: x,\n  b0: y,\n  b1: y,\n  b2: y,\n  b3: y}  # why\n"),
        ("feeds: {a: {url: x}}\r\n", "feeds: {b0: y,\r\n  b1: y,\r\n  b2: y,\r\n  b3: y,\r\n  a: {url: x}}\r\n"),
    ],
)
def test_many_entries_do_not_make_one_line(before: str, after: str) -> None:
    assert added(before, b0="y", b1="y", b2="y", b3="y") == after


def test_an_entry_with_options_stands_on_one_line() -> None:
    text = added("feeds:\n  a: x\n", new={"url": URL, "tags": ["wire", "two words", "1"]})
    assert text.endswith(f'  new: {{url: {URL}, tags: [wire, two words, "1"]}}\n')


@pytest.mark.parametrize("text", ["[a]", "feeds: [a]", "feeds: text", "{rules: {a: b}}", "feeds: null # none"])
def test_what_cannot_be_done_by_adding_lines_is_not_done(text: str) -> None:
    assert added(text) == ""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("feeds:\n  a: x\n  b: y\n", "feeds:\n  a: x\n"),
        ("feeds:\n  b: y\n  # about c\n  c: z\n", "feeds:\n  # about c\n  c: z\n"),
        ("feeds:\n  b:\n    url: y\n\n# rules\nrules: {c: d}\n", "feeds:\n\n# rules\nrules: {c: d}\n"),
        ("feeds: {a: x, b: y}", "feeds: {a: x}"),
        ("feeds: {b: y, a: x}", "feeds: {a: x}"),
        ("feeds: {b: {url: y}, a: x}", "feeds: {a: x}"),
        ("feeds: {b: y}", "feeds: {}"),
    ],
)
def test_an_entry_is_cut_out_and_comments_stay(before: str, after: str) -> None:
    assert remove_entry(document(before), "feeds", "b") == after


@pytest.mark.parametrize("text", ["feeds:\n  a: x\n", "rules: {}", "feeds: {a: x, b: {url: y}}", "[b]"])
def test_what_cannot_be_cut_out_is_left(text: str) -> None:
    assert remove_entry(document(text), "feeds", "b") == ""


NAMES = st.from_regex(r"[a-z0-9][a-z0-9_.-]{0,8}", fullmatch=True)
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff\ufffe\uffff"), max_size=12)


@given(
    there=st.dictionaries(NAMES, TEXTS, max_size=4),
    new=st.dictionaries(NAMES, TEXTS | st.fixed_dictionaries({"url": TEXTS, "tags": st.lists(TEXTS)}), min_size=1),
    comment=st.booleans(),
)
def test_what_was_added_and_removed_again_leaves_the_file_as_it_was(
    there: dict[str, str], new: dict[str, Any], comment: bool
) -> None:
    new = {name: value for name, value in new.items() if name not in there}
    note = "  # a comment\n" if comment else ""
    text = (
        "feeds:\n" + "".join(f"  {name}: {quoted(value)}\n{note}" for name, value in there.items()) + "rules: {a: b}\n"
    )
    more = add_entries(document(text), "feeds", new)
    assert document(more).value["feeds"] == ({**there, **new} or None)
    for name in new:
        more = remove_entry(document(more), "feeds", name)
    assert more == text


def test_a_patch_shows_what_changes() -> None:
    assert diff("a.yaml", "x\ny", "x\ny\nz\n") == (
        "--- a.yaml\n+++ a.yaml\n@@ -1,2 +1,3 @@\n x\n-y\n\\ No newline at end of file\n+y\n+z\n"
    )
    assert written({"a": ["b", "1"]}) == '{a: [b, "1"]}'


def test_a_file_is_replaced_whole_with_its_mode_and_mark(tmp_path: Path) -> None:
    file, link = tmp_path / "a.yaml", tmp_path / "link.yaml"
    file.write_bytes("\ufeffa: é\n".encode())
    file.chmod(0o640)
    link.symlink_to(file)
    assert replace_file(link, "a: é\n", "a: è\n")
    assert (file.read_bytes(), file.stat().st_mode & 0o777) == ("\ufeffa: è\n".encode(), 0o640)
    assert link.is_symlink()


def test_a_file_that_somebody_else_has_changed_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("theirs")
    assert not replace_file(file, "what was read", "ours")
    assert [path.name for path in tmp_path.iterdir()] == ["a.yaml"]
    assert file.read_text() == "theirs"


RULES = """actors: {a: [b]}
rules:
    one: [x]  # why
    # of two
    two:
      terms: [y]

      none: [z]

# the end
more: x
"""


def test_an_entry_is_taken_out_as_a_person_wrote_it() -> None:
    read = document(RULES)
    assert entry_text(read, "rules", "one") == "one: [x]  # why\n"
    assert entry_text(read, "rules", "two") == "two:\n  terms: [y]\n\n  none: [z]\n"
    assert entry_text(read, "actors", "a") == "a: [b]\n"
    assert entry_text(document("rules:\n  one: x"), "rules", "one") == "one: x\n"


@pytest.mark.parametrize(
    ("key", "lines", "after"),
    [
        (
            "one",
            "one:\n  all: [x]\n",
            RULES.replace("    one: [x]  # why\n    # of two", "    one:\n      all: [x]\n    # of two"),
        ),
        ("two", "two: z", RULES.replace("    two:\n      terms: [y]\n\n      none: [z]\n", "    two: z\n")),
        ("new", "new: n\n", RULES.replace("      none: [z]\n", "      none: [z]\n    new: n\n")),
    ],
)
def test_an_entry_is_put_in_its_place(key: str, lines: str, after: str) -> None:
    changed = put_entry(document(RULES), "rules", key, lines)
    assert changed.rstrip("\n") == after.rstrip("\n") or changed == after.replace("    two: z\n", "    two: z")


def test_an_entry_is_put_into_braces_or_an_empty_section() -> None:
    assert put_entry(document("rules: {a: b}\n"), "rules", "c", "c: d\n") == "rules: {a: b, c: d}\n"
    assert put_entry(document("rules:\n"), "rules", "c", "c: d\n") == "rules:\n  c: d\n"
    assert put_entry(document("x: y\n"), "rules", "c", "c: d\n") == "x: y\n\nrules:\n  c: d\n"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("rules: {a: b}", "a: c"),  # in braces, nothing is replaced
        (RULES, "[one]"),
        (RULES, "one: x\nthree: y"),
        (RULES, "one: [x"),
        (RULES, "other: x"),
        ("rules: text", "a: b"),
    ],
)
def test_what_cannot_be_put_is_not(text: str, lines: str) -> None:
    assert put_entry(document(text), "rules", "a" if text != RULES else "one", lines) == ""
