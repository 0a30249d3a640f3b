"""What a model refuses is said in plain words, where it stands."""

from enum import StrEnum
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from syrupy.assertion import SnapshotAssertion

from monitor.document import Document, did_you_mean, known_keys, parse_document, validate


class Kind(StrEnum):
    SILENT = "silent"
    ALERT = "alert"


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Inner(Strict):
    depth: int = 0
    width: int = 0


def _even(value: int) -> int:
    assert value % 2 == 0, f"{value} is odd"
    return value


def _known(value: str) -> str:
    if value != "known":
        raise ValueError(f"`{value}` is not known")
    return value


class Shape(Strict):
    text: str = ""
    texts: list[str] = []
    pair: tuple[str, ...] = ()
    options: dict[str, str] = {}
    whole: int = 0
    number: float = 0
    flag: bool = False
    word: Literal["low", "high"] = "low"
    single: Literal["one"] = "one"
    kind: Kind = Kind.SILENT
    inner: Inner | None = None
    inners: dict[str, Inner] = {}
    either: str | list[str] = ""
    mixed: int | list[Inner] = 0
    some: list[str] = Field(default=[], min_length=2)
    short: str = Field(default="", max_length=3)
    positive: int = Field(default=1, ge=1)
    even: Annotated[int, AfterValidator(_even)] = 0
    known: Annotated[str, AfterValidator(_known)] = "known"
    keyed: dict[Literal["left", "right"], str] = {}
    in_: str = Field(default="", alias="in")


WRONG = [
    "text: [a]",
    "text: {a: b}",
    "text:",
    "texts: a",
    "texts:",
    "texts: {a: b}",
    "texts: [a, [b], {c: d}, ~]",
    "pair: a",
    "options: Bearer secret",
    "options: [a]",
    "options: {a: [b], c: ~}",
    "whole: many",
    "whole: 1.5",
    "whole: [1]",
    "whole:",
    "whole: " + "9" * 5000,
    "number: much",
    "flag: maybe",
    "flag: [x]",
    "word: hihg",
    "word: [low]",
    "word:",
    "single: two",
    "kind: Silent",
    "kind: {a: b}",
    "inner: text",
    "inner: [a]",
    "inner: {depht: 1}",
    "inners: {a: {widht: 1}, b: [c]}",
    "either: {a: b}",
    "either:",
    "mixed: [{depht: 1}]",
    "mixed: text",
    "some: [a]",
    "short: abcdef",
    "positive: 0",
    "even: 3",
    "known: unknown",
    "keyed: {lef: a}",
    "in: [a]",
    "inn: a",
    "something: a",
    "- a",
    "text",
]


def problems_of(text: str, model: type[BaseModel] = Shape) -> list[str]:
    document, found = parse_document(text.encode(), name="x.yaml")
    assert document is not None
    assert not found
    value, problems = validate(document, model)
    assert value is None
    return [str(problem) for problem in problems]


@pytest.mark.parametrize("text", WRONG, ids=[text[:40] for text in WRONG])
def test_each_kind_of_mistake_in_plain_words(text: str, snapshot: SnapshotAssertion) -> None:
    problems = problems_of(text)
    assert problems
    assert not any("nput" in problem or "secret" in problem for problem in problems)
    assert problems == snapshot


class Needy(Strict):
    url: str
    name: str = Field(alias="called")


def test_what_is_missing_is_said_once_for_each_key() -> None:
    assert problems_of("{}", Needy) == ["x.yaml:1:1: `url` is missing", "x.yaml:1:1: `called` is missing"]


def test_an_empty_value_counts_as_an_empty_mapping() -> None:
    document, _ = parse_document(b"a:\n", name="x.yaml")
    assert document is not None
    assert validate(document, Inner, ("a",)) == (Inner(), [])
    _, [problem, _] = validate(document, Needy, ("a",))
    assert str(problem) == "x.yaml:1:1: `url` is missing"


def test_text_is_read_as_the_model_wants_it() -> None:
    document, _ = parse_document(b"{whole: 010, number: 1e3, flag: NO, word: high, kind: alert, in: x}", name="x.yaml")
    assert document is not None
    value, problems = validate(document, Shape)
    assert problems == []
    assert value is not None
    assert (value.whole, value.number, value.flag, value.word, value.kind) == (10, 1000.0, False, "high", Kind.ALERT)


NESTED = st.recursive(
    st.none() | st.text(max_size=8) | st.sampled_from(["1", "true", "low", "silent", "9" * 400, "nan"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*known_keys(Shape), "typo"]), NESTED, max_size=6) | NESTED)
def test_any_value_gives_a_shape_or_problems(value: object) -> None:
    shape, problems = validate(Document(file="x.yaml", text="", value=value), Shape)
    assert (shape is None) == bool(problems)


# -- suggestions -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "known", "hint"),
    [
        ("term", ["terms", "title"], "did you mean `terms`?"),
        ("TERMS", ["terms", "title"], "did you mean `terms`?"),
        ("shoygu", ["Shoygu"], "did you mean `Shoygu`?"),
        ("xyz", ["terms", "title"], "known here: `terms`, `title`"),
        ("xyz", [], ""),
        ("xyz", [f"word-{number}" for number in range(21)], ""),
        ("x" * 1_000_000, ["x" * 90], f"known here: `{'x' * 90}`"),
        ("", ["a"], "known here: `a`"),
    ],
)
def test_did_you_mean(word: str, known: list[str], hint: str) -> None:
    assert did_you_mean(word, known) == hint


def test_known_keys_are_those_of_the_innermost_model() -> None:
    assert known_keys(Inner) == ["depth", "width"]
    assert known_keys(Shape, ("inner", "depht")) == ["depth", "width"]
    assert known_keys(Shape, ("inners", "a", "depht")) == ["depth", "width"]
    assert known_keys(Shape, ("mixed", "list[Inner]", 0, "depht")) == ["depth", "width"]
    assert "in" in known_keys(Shape)


class Recipients(Strict):
    url: str
    to: list[Annotated[str, AfterValidator(_known)]] = Field(default=["known"], min_length=1)
    nested: Inner | None = None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{url: x, to: [a, b]}", ["`a` is not known", "`b` is not known"]),
        ("{url: x, to: []}", ["this should have at least 1 item, not 0"]),
        ("{urll: x}", ["unknown key `urll`"]),
        ("{urll: x, URL: y}", ["unknown key `urll`", "unknown key `URL`"]),
        ("{nonsense: x}", ["`url` is missing", "unknown key `nonsense`"]),
        ("{nested: {urll: 1}}", ["`url` is missing", "unknown key `urll`"]),
    ],
)
def test_one_mistake_is_told_once(text: str, told: list[str]) -> None:
    document, _ = parse_document(text.encode(), name="x.yaml")
    assert document is not None
    assert [problem.message for problem in validate(document, Recipients)[1]] == told
