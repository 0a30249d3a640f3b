"""`search` and `export`: what a person finds in what is stored."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from tests.app.house import rss
from tests.forks import monitor

CONFIG = """
defaults: {backlog: alert}
channels: {screen: {console: true}}
allow_files: [.]
feeds: {wire: {url: "file:wire.xml", tags: [agency]}, other: "file:other.xml"}
actors: {shoygu: [Shoygu, Шойгу]}
rules:
  talks: {terms: [talks], hits: [talks], misses: [nothing]}
  syria: {terms: [Syria], hits: [Syria], misses: [nothing]}
"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk that has polled its feeds once."""
    folder = tmp_path_factory.mktemp("desk")
    (folder / "monitor.yaml").write_text(CONFIG)
    (folder / "wire.xml").write_text(rss("Earthquake in Kobe", "Shoygu opens talks", "Шойгу в Москве", "=Syria talks"))
    (folder / "other.xml").write_text(rss("Talks \u202eabout\u202c &#x9b;31m tea"))
    assert monitor(folder, "run", "--once")[0] == 0
    return folder


def titles(desk: Path, *arguments: str) -> list[str]:
    _, out, _ = monitor(desk, "search", "--json", *arguments)
    return sorted(each["title"] for each in json.loads(out)["entries"])


def test_a_query_means_what_it_means_in_a_rule(desk: Path) -> None:
    assert titles(desk, "actor:shoygu") == ["Shoygu opens talks", "Шойгу в Москве"]
    assert titles(desk, "talks NOT (tea OR use:syria)") == ["Shoygu opens talks"]
    assert titles(desk, "talks", "--feed", "agency") == ["=Syria talks", "Shoygu opens talks"]
    assert titles(desk, "actor:shoygu", "--lang", "ru") == ["Шойгу в Москве"]
    assert len(titles(desk, "talks", "--limit", "1")) == 1


def test_what_is_found_is_shown_with_its_hits_marked_and_nothing_a_terminal_obeys(desk: Path) -> None:
    code, out, _ = monitor(desk, "search", "tea OR kobe")
    assert code == 0
    assert "Earthquake in **Kobe**" in out
    assert "**tea**" in out
    assert "2 entries found, 2 entries looked at" in out
    assert not {"\u202e", "\x9b", "\x1b"} & set(out)


def test_nothing_found_is_said_by_the_exit_code(desk: Path) -> None:
    code, out, _ = monitor(desk, "search", "nowhere")
    assert (code, out) == (1, "0 entries found, 0 entries looked at\n")
    said = "no feed, tag or host of the configuration is called"
    assert f"{said} `wirre`; did you mean `wire`?" in monitor(desk, "search", "--feed", "wirre", "talks")[2]
    assert (
        f"{said} `qqq`; known here: `agency`, `other`, `wire`\n" in monitor(desk, "search", "--feed", "qqq", "talks")[2]
    )
    assert said not in monitor(desk, "search", "--feed", "wire", "nowhere")[2]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "an empty query"),
        ("NOT talks", "takes away from something"),
        ("talks AND (a OR", "needs something behind it"),
        ("a " * 20_000, "10,000 are the most"),
        ("(" * 200, "nested deeper"),
        ("actor:nobody", "nobody"),
        ("a NEAR/9999999 b", "words are 1 to 1,000 apart"),
        ("a NEAR/5 a NEAR/5 a NEAR/5 a NEAR/5 a NEAR/5 a", "5 are the most"),
        ('"; DROP TABLE entry; --', "query:1:"),
        ("\x00\x1b[31m", "query"),
    ],
)
def test_what_cannot_be_asked_is_refused(desk: Path, query: str, said: str) -> None:
    if "\x00" in query:
        query = query.replace("\x00", "")  # no argument holds one
    code, _, err = monitor(desk, "search", query)
    assert code == 2
    assert said in err
    assert "\x1b" not in err


def test_a_mistake_is_shown_in_the_query_as_it_was_typed(desk: Path) -> None:
    code, _, err = monitor(desk, "search", "--feed", "wire", '"talks" AND')
    assert code == 2
    assert err == ('query:1:9: `AND` needs something behind it\n    1 | "talks" AND\n      |         ^^^\n1 mistake.\n')
    for option, value, kind in (("--lang", "english", "no language"), ("--feed", "BBC News", "no feed, tag or host")):
        code, _, err = monitor(desk, "search", option, value, "talks")
        assert (code, f"Invalid value for '{option}': `{value}` is {kind}" in err) == (2, True)
    assert monitor(desk, "search", "a\udcff")[0] in {1, 2}


def test_thousands_of_words_are_searched_without_the_index(desk: Path) -> None:
    query = " OR ".join(["talks", *(f"w{number}" for number in range(1_100))])
    assert len(query) < 10_000
    assert len(titles(desk, query)) == 3
    deep = "(" * 19 + "talks" + ")" * 19
    assert len(titles(desk, deep)) == 3


def test_too_short_a_time_is_said(desk: Path) -> None:
    _, out, err = monitor(desk, "search", "--timeout", "0s", "talks")
    assert "1 entry looked at" in out
    assert "it took too long: nothing seen before" in err


def test_other_programs_read_what_is_found(desk: Path) -> None:
    _, out, _ = monitor(desk, "search", "--jsonl", "talks")
    assert len([json.loads(each) for each in out.splitlines()]) == 3
    _, out, _ = monitor(desk, "search", "--csv", "use:syria")
    (row,) = csv.DictReader(io.StringIO(out))
    assert (row["title"], row["found"]) == ("'=Syria talks", "Syria")


def test_the_findings_of_a_rule_are_exported(desk: Path, tmp_path: Path) -> None:
    code, out, _ = monitor(desk, "export", "--rule", "talks")
    assert code == 0
    assert sorted(json.loads(each)["title"] for each in out.splitlines())[:2] == ["=Syria talks", "Shoygu opens talks"]
    target = tmp_path / "talks.xml"
    code, out, _ = monitor(desk, "export", "--rule", "talks", "--format", "rss", "--out", str(target))
    assert (code, out) == (0, f"3 entries written to {target}\n")
    assert target.read_text().count("<item>") == 3
    assert "    <link>http://127.0.0.1:8787/rules/talks</link>\n" in target.read_text()
    code, out, _ = monitor(desk, "export", "--rule", "syria", "--format", "csv")
    assert out.splitlines()[1].startswith("syria,")


def test_a_rule_without_findings_and_a_file_that_cannot_be_written_are_said(desk: Path, tmp_path: Path) -> None:
    code, out, err = monitor(desk, "export", "--rule", "none")
    assert (code, out) == (1, "")
    assert err.splitlines() == [
        "the rule none has found nothing that is stored",
        "no rule of the files is called `none`; known here: `syria`, `talks`",
    ]
    code, _, err = monitor(desk, "export", "--rule", "talk", "--out", str(tmp_path / "file"))
    assert (code, err) == (1, "no rule of the files is called `talk`; did you mean `talks`?\n")
    code, _, err = monitor(desk, "export", "--rule", "syria", "--since", "0s")
    assert (code, err) == (1, "the rule syria has found nothing that is stored\n")
    code, _, err = monitor(desk, "export", "--rule", "talks", "--out", str(tmp_path / "no" / "file"))
    assert code == 2
    assert "cannot be written: No such file or directory" in err
