"""What a terminal shows: lines that fit, carets under the right place, nothing a terminal would obey."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from monitor.cli.show import SOURCE_WIDTH, ago, clock_time, plural, show_error, show_problem, table
from monitor.errors import ConfigurationError, NotFoundError, Problem


def shown(problem: Problem, capsys: pytest.CaptureFixture[str]) -> list[str]:
    show_problem(problem)
    out, err = capsys.readouterr()
    assert out == ""
    return err.splitlines()


def at(source: str, column: int, width: int = 1) -> Problem:
    return Problem(file="x.yaml", line=12, column=column, width=width, message="wrong", source=source)


def test_a_mistake_is_underlined_in_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    problem = Problem(
        file="rules/desk.yaml", line=12, column=5, width=4, message="unknown key `term`",
        hint="did you mean `terms`?", source="    term: [foo]",
    )  # fmt: skip
    assert shown(problem, capsys) == [
        "rules/desk.yaml:12:5: unknown key `term`; did you mean `terms`?",
        "   12 |     term: [foo]",
        "      |     ^^^^",
    ]


@pytest.mark.parametrize("problem", [Problem(file="x.yaml", message="file not found"), at("", 1), at("   ", 2)])
def test_without_a_source_line_one_line_is_enough(problem: Problem, capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(problem, capsys) == [str(problem)]


@pytest.mark.parametrize(
    ("source", "column", "width", "lines"),
    [
        ("\ta: b", 2, 1, ["   12 |  a: b", "      |  ^"]),
        ("军事: x", 5, 1, ["   12 | 军事: x", "      |       ^"]),
        ("军事: x", 1, 2, ["   12 | 军事: x", "      | ^^^^"]),
        ("e\u0301: x", 5, 1, ["   12 | e\u0301: x", "      |    ^"]),
        ("a: x", 5, 1, ["   12 | a: x", "      |     ^"]),
        ("a: x", 4, 50, ["   12 | a: x", "      |    ^"]),
        ("a\x1b[31m\u202e: x", 1, 1, ["   12 | a [31m : x", "      | ^"]),
    ],
)
def test_carets_stand_under_the_place(
    source: str, column: int, width: int, lines: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert shown(at(source, column, width), capsys)[1:] == lines


@pytest.mark.parametrize("column", [1, 80, SOURCE_WIDTH, SOURCE_WIDTH + 1, 500, 999, 1000, 1001])
@pytest.mark.parametrize("width", [1, 100, 5000])
def test_of_a_long_line_the_part_around_the_place_is_shown(
    column: int, width: int, capsys: pytest.CaptureFixture[str]
) -> None:
    digits = "".join(str(number % 10) for number in range(1, 1001))
    _, line, carets = shown(at(digits, column, width), capsys)
    assert len(line) <= SOURCE_WIDTH + 10
    assert len(carets) <= SOURCE_WIDTH + 10
    first = carets.index("^")
    assert line[first : first + 1] == (str(column % 10) if column <= 1000 else "")
    assert line.startswith("   12 | …") == (int(line[8:9].isdigit()) == 0)


def test_a_terminal_obeys_nothing_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    problem = Problem(
        file="x\x1b[2J.yaml", line=1, column=1, message="bad\r\nkey `\x9b31m`", hint="\x1b]0;t\x07", source="\x1b[2J"
    )
    told = "\n".join(shown(problem, capsys))
    assert not {"\x1b", "\x9b", "\x07", "\r"} & set(told)
    show_error(NotFoundError("no rule `\x1b[2J`"))
    assert capsys.readouterr().err == "error: no rule `[2J`\n"


def test_all_mistakes_are_shown_and_counted(capsys: pytest.CaptureFixture[str]) -> None:
    show_error(ConfigurationError([at("a: b", 1), Problem(file="y.yaml", message="file not found"), at("c: d", 1)]))
    lines = capsys.readouterr().err.splitlines()
    assert lines[-1] == "3 mistakes in 2 files."
    assert len(lines) == 8
    show_error(ConfigurationError([at("a: b", 1)]))
    assert capsys.readouterr().err.splitlines()[-1] == "1 mistake in 1 file."


@pytest.mark.parametrize(
    ("count", "noun", "said"),
    [(0, "feed", "0 feeds"), (1, "entry", "1 entry"), (1024, "entry", "1,024 entries"), (2, "day", "2 days")],
)
def test_plural(count: int, noun: str, said: str) -> None:
    assert plural(count, noun) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(-5, "0 s"), (0, "0 s"), (119, "119 s"), (120, "2 min"), (7199, "119 min"), (7200, "2 h"), (172_800, "2 d")],
)
def test_ago(seconds: int, said: str) -> None:
    now = datetime(2027, 1, 1, tzinfo=UTC)
    assert ago(now - timedelta(seconds=seconds), now) == said


def test_clock_time_is_in_utc() -> None:
    assert clock_time(datetime(2027, 1, 1, 1, 30, tzinfo=timezone(timedelta(hours=2)))) == "2026-12-31 23:30 UTC"


def test_a_table_stands_in_columns_and_fits(capsys: pytest.CaptureFixture[str]) -> None:
    table([["guardian", "for 2 h", "x\ny\x1b" * 200], ["绍伊古", "", "short"]])
    table([])
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("  guardian  for 2 h  x yx y")
    assert len(first) <= SOURCE_WIDTH + 2
    assert second == "  绍伊古             short"
