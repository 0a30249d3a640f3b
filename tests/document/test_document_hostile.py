"""Every way to get YAML wrong gives one clear problem at its place, at once and in little memory; never an exception."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from monitor.cli.show import show_problem
from monitor.document import MAX_BYTES, MAX_DEPTH, Document, parse_document, read_document
from monitor.document.syntax import syntax_problem
from monitor.errors import Problem

MANY = 100_000
BOMB = b"a: &a [x, x, x]\n" + b"".join(b"%c: &%c [*%c, *%c, *%c]\n" % (n + 1, n + 1, n, n, n) for n in range(97, 107))

WRONG: dict[str, bytes] = {
    # indentation and structure
    "tab as indentation": b"rules:\n\tshoygu: Shoygu\n",
    "tab behind spaces": b"rules:\n  a: x\n \tb: y\n",
    "tab after a line": b"a: 1\n\tb: 2\n",
    "tab in a block text": b"a: |\n\tx\n",
    "indentation goes back to nowhere": b"rules:\n   a: 1\n  b: 2\n",
    "key deeper than its neighbour": b"a: 1\n  b: 2\n",
    "list item among keys": b"a: 1\n- b\n",
    "key among list items": b"- a\nb: 1\n",
    "list on the key's line": b"terms: - Shoygu\n",
    "line without a colon": b"a: 1\nb\nc: 3\n",
    "colon twice in a line": b"title: US: Russia talks\n",
    "key without a blank behind its colon": b"rules:\n  a:x\n  b: y\n",
    "value without a key": b": x\n",
    "half a file": b"feeds:\n  guardian: https://example.org/rss\n  ta",
    "no-break space behind a colon": "rules:\n  a:\u00a0x\n  b: y\n".encode(),
    "no-break space inside a text": "title: «\u00a0Choïgou\u00a0»: le ministre\n".encode(),
    "byte order mark in the middle": "a: 1\n\ufeffb: 2\n".encode(),
    "text behind the end": b"a: 1\n...\nb: 2\n",
    "text behind a bracket": b"[a] b: c\n",
    # quotes and brackets
    "double quote not closed": b'title: "Shoygu\nterms: [a]\n',
    "single quote not closed": b"title: 'Shoygu\nterms: [a]\n",
    "quote that meets a document": b"title: 'Shoygu\n---\n",
    "apostrophe at the beginning": b"title: 's-Gravenhage\nb: 1\n",
    "quote ends too early": b'title: "Shoygu" and others\n',
    "bracket not closed": b"terms: [a, b\ntitle: x\n",
    "bracket not closed at the end": b"a: 1\nterms: [a, b\n",
    "bracket not closed at the end, nothing in it": b"terms: [",
    "brace not closed": b"rule: {terms: x\ntitle: y\n",
    "brace not closed at the end": b"rule: {terms: x,\n",
    "bracket closed by a brace": b"terms: [a}\n",
    "bracket closed twice": b"terms: [a]]\n",
    "closing bracket alone": b"terms: ]\n",
    "two commas": b"terms: [a,, b]\n",
    "no comma": b"terms: ['a' 'b']\n",
    "mapping in brackets twice": b"terms: [b: c: d]\n",
    # characters that begin something else
    "@ at the beginning": b"key: @handle\n",
    "backquote at the beginning": b"key: `word`\n",
    "% at the beginning": b"key: %share\n",
    "% at a line's beginning": b"%share\n",
    "* before a word": b"key: *deconflict\n",
    "* alone": b"key: * a\n",
    "& before a word": b"key: &co\n",
    "& alone": b"key: & co\n",
    "! before a word": b"key: !important\n",
    "! and a bracket": b"key: !<x\n",
    "| before a word": b"key: |word\n",
    "> before a word": b"key: >word\n",
    "| with 0": b"key: |0\n",
    "unknown escape": b'key: "C:\\path"\n',
    "unfinished escape": b'key: "\\x4"\n',
    "escape beyond Unicode": b'key: "\\U00110000"\n',
    "lone surrogate as an escape": b'key: "\\ud800"\n',
    "pair of surrogates as escapes": b'key: "\\ud83d\\ude00"\n',
    "NUL as an escape": b'key: "a\\0b"\n',
    "escape sequence of a terminal as an escape": b'key: "\\e[31mred"\n',
    # what YAML can and we do not want
    "duplicate key": b"rules:\n  a: x\n  b: y\n  a: z\n",
    "duplicate key in braces": b"{a: x, a: y}\n",
    "duplicate empty key": b'"": 1\n"": 2\n',
    "anchor": b"a: &name x\n",
    "alias": b"a: *name\n",
    "alias bomb": BOMB,
    "merge key": b"a:\n  <<: {b: 1}\n",
    "merge bomb": b"a: {<<: [{<<: [{<<: {}}]}]}\n",
    "tag that runs a program": b"a: !!python/object/apply:os.system ['true']\n",
    "tag that is harmless": b"a: !!str 1\n",
    "tag nobody declared": b"a: !e!x 1\n",
    "list as a key": b"[a, b]: 1\n",
    "list as a key, at length": b"? [a]\n: 1\n",
    "mapping as a key": b"{a: b}: 1\n",
    "two documents": b"a: 1\n---\nb: 2\n",
    "version nobody knows": b"%YAML 3.0\n---\na: 1\n",
    "two versions": b"%YAML 1.1\n%YAML 1.1\n---\na: 1\n",
    # too much
    "100,000 brackets": b"[" * MANY,
    "100,000 braces": b"{" * MANY,
    "100,000 keys in one another": b"{a: " * MANY,
    "100,000 list marks": b"- " * MANY,
    "100,000 question marks": b"? " * MANY,
    "100,000 anchors": b"&a " * MANY,
    "100,000 lines of brackets": b"[\n" * MANY,
    "nested blocks": b"".join(b" " * depth + b"a:\n" for depth in range(MAX_DEPTH + 10)),
    "very long key": b"x" * 2000 + b": 1\n",
    "mistake in a very long line": b"a: [" + b"x, " * 3000 + b"@]\n",
    "mistake behind a text of 1 MB": b"a: " + b"x" * 1_000_000 + b"\nb: @\n",
    # no text
    "binary": b"\x7fELF\x02\x01\x01\0\0\0\0",
    "binary with a beginning like text": b"a: 1\n" + bytes(range(32)),
    "NUL": b"a: b\0c\n",
    "UTF-16 with a mark": "a: Шойгу\n".encode("utf-16"),
    "UTF-16, big end first": "a: 1\n".encode("utf-16-be"),
    "UTF-16, little end first": "a: 1\n".encode("utf-16-le"),
    "UTF-32": "a: 1\n".encode("utf-32"),
    "Latin-1": "a: 1\nb: Choïgou\n".encode("latin-1"),
    "Windows-1251": "a: Шойгу\n".encode("cp1251"),
    "UTF-8 cut in the middle of a character": "a: 绍伊古".encode()[:-1],
    "surrogate in UTF-8": b"a: \xed\xa0\x80\n",
    "bell": b"a: \x07\n",
    "escape sequence of a terminal": b"a: \x1b[31mred\n",
    "form feed": b"a: 1\n# x\x0c\n",
    "delete": b"a: \x7f\n",
    "control character of Latin-1": "a: \u0080\n".encode(),
    "noncharacter": "a: \ufffe\n".encode(),
    # places
    "behind a line separator": "# one\u2028a: 1\nb: [}\n".encode(),
    "behind a next line": "a: x\u0085b: [}\n".encode(),
    "behind carriage returns": b"a: 1\rb: 2\r\nc: [}\n",
    "behind a byte order mark": "\ufeffa: [}\n".encode(),
    "behind wide characters": "军事: 绍伊古: x\n".encode(),
    "behind combining characters": "e\u0301e\u0301: x: y\n".encode(),
    "behind characters of four bytes": "'😀😀': x: y\n".encode(),
}


@pytest.mark.timeout(10)
@pytest.mark.parametrize("raw", WRONG.values(), ids=WRONG)
def test_each_mistake_is_one_problem(
    raw: bytes, snapshot: SnapshotAssertion, capsys: pytest.CaptureFixture[str]
) -> None:
    _, problems = parse_document(raw, name="rules/desk.yaml")
    [problem] = problems
    show_problem(problem)
    shown = capsys.readouterr().err
    assert len(str(problem)) < 500
    assert max(map(len, shown.splitlines())) < 350
    assert shown.startswith(f"{problem}\n")
    assert shown == snapshot


RIGHT: dict[str, tuple[bytes, object]] = {
    "empty": (b"", None),
    "comments": (b"# nothing\n\n# here\n", None),
    "one document with marks": (b"---\na: 1\n...\n", {"a": "1"}),
    "byte order mark": (b"\xef\xbb\xbfa: 1\n", {"a": "1"}),
    "list": (b"- a\n- b\n", ["a", "b"]),
    "scalar": (b"hello\n", "hello"),
    "no line end": (b"a: 1", {"a": "1"}),
    "carriage returns": (b"a: 1\rb: 2\r\nc: 3", {"a": "1", "b": "2", "c": "3"}),
    "nothing": (b"a:\nb: ~\nc: null\n? d\n", {"a": None, "b": None, "c": None, "d": None}),
    "quoted nothing": (b"a: ''\nb: '~'\nc: \"null\"\n", {"a": "", "b": "~", "c": "null"}),
    "no other nothing": (b"a: Null\nb: NULL\nc: none\n", {"a": "Null", "b": "NULL", "c": "none"}),
    "block text": (b"a: |\n  null\nb: >-\n\n", {"a": "null\n", "b": ""}),
    "one key after nothing": (b"? \n: x\n", {"": "x"}),
    "separators inside a text": ("a: 'x\u2028y'\n".encode(), {"a": "x\u2028y"}),
    "1 MB": (b"a: " + b"x" * 1_000_000, {"a": "x" * 1_000_000}),
    "as deep as may be": (b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, json.loads("[" * MAX_DEPTH + "]" * MAX_DEPTH)),
}


@pytest.mark.parametrize(("raw", "value"), RIGHT.values(), ids=RIGHT)
def test_what_is_right_is_read(raw: bytes, value: object) -> None:
    document, problems = parse_document(raw, name="x.yaml")
    assert problems == []
    assert document is not None
    assert document.value == value


@pytest.mark.parametrize(
    "word",
    ["NO", "no", "on", "off", "yes", "true", "22:00", "010", "0o10", "0x1F", "1e3", ".5", "2024-01-01", "=", "1_000"],
)
def test_every_scalar_stays_the_text_that_was_written(word: str) -> None:
    document, problems = parse_document(f"{word}: {word}\nlist: [{word}]\n".encode(), name="x.yaml")
    assert problems == []
    assert document is not None
    assert document.value == {word: word, "list": [word]}


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode(errors="replace")))
@example(b"a: {x: 1}\na: {x: 2, x: 3, y: [1]}\n")
@settings(max_examples=200)
def test_any_bytes_give_a_document_or_a_problem(raw: bytes) -> None:
    document, problems = parse_document(raw, name="x.yaml")
    assert document is not None or problems
    for problem in problems:
        assert "\n" not in str(problem)


YAMLISH = st.lists(
    st.sampled_from([*"-?:,[]{}#&*!|>'\"%@` \n\t\\a~<=.", "- ", ": ", "\n  ", "---\n", "a: ", "\u2028", "\x85", "\r"])
)


@given(YAMLISH.map("".join))
@settings(max_examples=500)
def test_any_marks_of_yaml_give_a_document_or_problems_whose_place_exists(text: str) -> None:
    document, problems = parse_document(text.encode(), name="x.yaml")
    assert document is not None or problems
    lines = len(text.replace("\r\n", "\n").splitlines())
    for problem in problems:
        assert problem.message
        assert 1 <= problem.line <= lines + 1
        assert problem.column <= len(problem.source) + 1


# -- memory and time ---------------------------------------------------------------------------------------------------

IN_LITTLE_MEMORY = """
import resource
from monitor.document import parse_document
from tests_corpus import RAW
free = 300_000_000
pages = int(open("/proc/self/statm").read().split()[0])
resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + free,) * 2)
for raw in RAW:
    parse_document(raw, name="x.yaml")
print("done")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="counts pages as Linux tells them")
def test_bombs_stay_within_memory(tmp_path: Path) -> None:
    token = [b"[", b"{a: ", b"- ", b"&a ", b"*a ", b"a: 1\n", b"[],", b"'", b"!<a>", b"- [a, {b: c}]\n", b"? "]
    raws = [BOMB, *(prefix + mark * (MANY // 2) for mark in token for prefix in (b"", b"a: [", b"a:\n  "))]
    (tmp_path / "tests_corpus.py").write_text(f"RAW = {raws!r}")
    ran = subprocess.run(
        [sys.executable, "-c", IN_LITTLE_MEMORY],
        env=os.environ | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{Path.cwd()}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stdout == "done\n", ran.stderr


def test_many_mistakes_in_one_line_share_its_text() -> None:
    _, problems = parse_document(b"{" + b"a: 1, " * 2000 + b"}", name="x.yaml")
    assert len(problems) == 1999
    assert len({id(problem.source) for problem in problems}) == 1


# -- files -------------------------------------------------------------------------------------------------------------


def only_problem(path: Path) -> Problem:
    document, [problem] = read_document(path, name="x.yaml")
    assert document is None
    return problem


def test_a_missing_file(tmp_path: Path) -> None:
    assert str(only_problem(tmp_path / "x.yaml")) == "x.yaml: file not found"


def test_a_folder(tmp_path: Path) -> None:
    assert str(only_problem(tmp_path)) == "x.yaml: cannot be read: Is a directory"


def test_a_circle_of_links(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").symlink_to(tmp_path / "x.yaml")
    assert str(only_problem(tmp_path / "x.yaml")) == "x.yaml: cannot be read: Too many levels of symbolic links"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").touch(mode=0)
    assert str(only_problem(tmp_path / "x.yaml")) == "x.yaml: cannot be read: Permission denied"


def test_a_file_that_is_too_large(tmp_path: Path) -> None:
    with (tmp_path / "x.yaml").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    assert str(only_problem(tmp_path / "x.yaml")) == "x.yaml: larger than 64 MB; split it into several files"


def test_a_file_is_called_by_its_path_unless_told_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("a: @")
    document, [problem] = read_document(path)
    assert document is None
    assert problem.file == str(path)


def test_too_many_values() -> None:
    document, [problem] = parse_document(b"- a\n" * 20, name="x.yaml", max_values=10)
    assert document is None
    assert str(problem) == "x.yaml:10:3: more than 10 values in one file; split it into several files"


# -- what libyaml may say in another version ---------------------------------------------------------------------------


def test_words_nobody_has_translated_are_passed_on_with_their_place() -> None:
    document = Document(file="x.yaml", text="a: 1\nb: 2\n")
    mark = yaml.Mark("x", 5, 1, 0, None, 0)
    for context, said in (
        (None, "not YAML: found a gnome"),
        ("while digging", "not YAML: found a gnome (while digging)"),
    ):
        error = yaml.MarkedYAMLError(context, None, "found a gnome", mark)
        problem = syntax_problem(document, error, None)
        assert (problem.line, problem.message, problem.source) == (2, said, "b: 2")


def test_an_error_without_a_place_is_one_of_the_whole_file() -> None:
    document = Document(file="x.yaml", text="a: 1\n")
    problem = syntax_problem(document, yaml.YAMLError("out of\ncheese"), None)
    assert str(problem) == "x.yaml: not YAML: out of cheese"
