"""A document knows where everything stood, and names the nearest thing to what a validator means."""

import pytest

from monitor.document import Document, parse_document

TEXT = """\
rules:
  shoygu: Shoygu   # a comment
  talks:
    terms: [military talks, 'deconflict*']
    "quoted key": |
      several
      lines
    empty:
"""


@pytest.fixture
def document() -> Document:
    document, problems = parse_document(TEXT.encode(), name="x.yaml")
    assert document is not None
    assert not problems
    return document


def marked(document: Document, *loc: str | int, at_key: bool = False) -> tuple[int, str]:
    problem = document.problem(loc, "wrong", at_key=at_key)
    return problem.line, problem.source[problem.column - 1 : problem.column - 1 + problem.width]


def test_every_value_and_key_has_its_place(document: Document) -> None:
    assert marked(document, "rules", "shoygu") == (2, "Shoygu")
    assert marked(document, "rules", "shoygu", at_key=True) == (2, "shoygu")
    assert marked(document, "rules", "talks", "terms", 0) == (4, "military talks")
    assert marked(document, "rules", "talks", "terms", 1) == (4, "'deconflict*'")
    assert marked(document, "rules", "talks", "quoted key", at_key=True) == (5, '"quoted key"')
    assert marked(document, "rules", "talks", "quoted key") == (5, "|")
    assert marked(document, "rules", "talks", at_key=True) == (3, "talks")


def test_what_nobody_wrote_is_where_it_should_stand(document: Document) -> None:
    assert marked(document, "rules", "talks", "terms", 7) == (4, "[")
    assert marked(document, "rules", "unknown", "deep", at_key=True) == (1, "rules")
    assert marked(document, "rules", "talks", "list[str]", "terms", "str", 1) == (4, "'deconflict*'")
    assert document.locate(("rules", "talks", "list[str]", "terms", "str", 1)) == ("rules", "talks", "terms", 1)


def test_an_empty_value_stands_behind_its_key(document: Document) -> None:
    problem = document.problem(("rules", "talks", "empty"), "is empty")
    assert (problem.line, problem.width) == (8, 1)


def test_an_empty_file_has_no_places() -> None:
    document, _ = parse_document(b"", name="x.yaml")
    assert document is not None
    assert str(document.problem(("a",), "nothing here", "write something")) == "x.yaml: nothing here; write something"


def test_a_message_is_one_short_line_whatever_it_quotes(document: Document) -> None:
    problem = document.problem((), "unknown key `a\nb\x1b[31m`" + "x" * 1000, "did you mean `\r\n`?")
    assert len(problem.message) <= 300
    assert problem.message.startswith("unknown key `a b[31m`xxx")
    assert problem.hint == "did you mean ` `?"


def test_of_duplicate_keys_the_first_counts_with_its_places() -> None:
    document, problems = parse_document(b"a: {x: 1}\na: {x: 2, y: 3}\nb: [4]\n", name="x.yaml")
    assert document is not None
    assert document.value == {"a": {"x": "1"}, "b": ["4"]}
    assert [str(problem) for problem in problems] == ["x.yaml:2:1: duplicate key `a`; it stands in line 1 already"]
    assert marked(document, "a", "x") == (1, "1")
    assert marked(document, "a", "x", at_key=True) == (1, "x")


def test_an_escaped_control_character_is_left_out() -> None:
    document, problems = parse_document(b'a: "x\\0y\\x1bz\\t\\n"\n"k\\e": 1\n', name="x.yaml")
    assert document is not None
    assert document.value == {"a": "xyz\t\n", "k": "1"}
    assert [problem.line for problem in problems] == [1, 2]


def test_a_document_that_is_folded_says_the_same_as_before(document: Document) -> None:
    text, value, spans, keys = document.text, document.value, document.spans, document.key_spans
    assert document.fold()
    assert document.is_folded
    assert document.line_of_key("rules", "talks") == 2
    assert document.line_of_key("rules", "nobody") is None
    assert document.is_folded  # that much it knows
    assert (document.spans, document.key_spans) == (spans, keys)
    assert (document.text, document.value) == (text, value)
    assert not document.is_folded
    assert document.fold()
    assert document.locate(("rules", "talks", "terms", 2)) == ("rules", "talks", "terms")
    assert document.locate(("rules", "talks", "terms", "str", 1)) == ("rules", "talks", "terms", 1)
    assert document.line(1) == "  shoygu: Shoygu   # a comment"


def test_what_somebody_has_asked_of_a_document_stays_until_nobody_has_for_a_while(document: Document) -> None:
    assert document.value
    assert not document.fold(at_once=False)
    assert document.value
    assert not document.fold(at_once=False)
    assert document.fold(at_once=False)
    assert not document.fold(at_once=False)  # it is
    assert document.value == {**document.value}
    assert not document.is_folded


def test_a_document_that_no_file_holds_stays_as_it_is() -> None:
    document = Document(file="x.yaml", text="a: 1\n", value={"a": "1"})
    assert not document.fold()
    assert (document.text, document.value, document.spans) == ("a: 1\n", {"a": "1"}, {})


def test_places_are_looked_up_when_somebody_asks(document: Document) -> None:
    read, _ = parse_document(TEXT.encode(), name="x.yaml")
    assert read is not None
    assert read.locate(("rules", "talks", "terms", 1))
    assert read.line_of_key("rules", "shoygu") == 1
    assert read._content is not None
    assert read._content.places is None
    assert read.key_spans == document.key_spans
    assert {loc: span.line for loc, span in read.key_spans.items() if len(loc) < 3} == {
        loc: read.line_of_key(*map(str, loc)) for loc in read.key_spans if len(loc) < 3
    }


def test_a_document_does_not_show_its_content() -> None:
    document, _ = parse_document(b"password: xoxb-secret", name="x.yaml")
    assert repr(document) == "Document(file='x.yaml')"


COMMENT = "`#` begins a comment, to the end of the line; put it in quotes:"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("channels:\n  desk: {slack: #desk, token: x}\n  log: {console: true}\n", f'2:17: {COMMENT} "#desk"'),
        ("channels:\n  desk: {slack: #desk, token: x}\n", f'2:17: {COMMENT} "#desk"'),
        ("a: [#desk, b]\n", f'1:5: {COMMENT} "#desk"'),
        ("a: [b, #desk]\nc: d\n", f'1:8: {COMMENT} "#desk"'),
        ("a: {b: 'x, #y', c: #desk}\n", f'1:20: {COMMENT} "#desk"'),
        (
            "a: {b: 'x: #y', c: d\n",
            "1:4: this `{` is never closed; close it, or quote it if it is meant as a character",
        ),
        (
            "a: [b, # any of\n  c\n",
            "1:4: this `[` is never closed; close it, or quote it if it is meant as a character",
        ),
    ],
)
def test_a_name_that_yaml_takes_for_a_comment(text: str, problem: str) -> None:
    _, problems = parse_document(text.encode(), name="x.yaml")
    assert [str(found) for found in problems] == [f"x.yaml:{problem}"]
