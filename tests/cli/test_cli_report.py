"""What machines read: every format whole, whatever stands in the files."""

import json
import re
from contextlib import suppress
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from monitor.cli.examples import changes
from monitor.cli.junit import junit_xml
from monitor.cli.report import PRINTERS, annotation, problem_fields
from monitor.errors import Problem
from monitor.rules.examples import ExampleResult

MISTAKE = Problem(
    file="rules/desk.yaml", line=12, column=5, width=4, message="unknown key `term`", hint="did you mean `terms`?",
    source="    term: [foo]",
)  # fmt: skip
WARNING = replace(MISTAKE, code="MM203", message="50 % of it,\nall: no examples", hint="")
WHOLE_FILE = Problem(file="a,b:c.yaml", message="file not found")


@pytest.mark.parametrize("form", list(PRINTERS))
def test_every_format(form: str, capsys: pytest.CaptureFixture[str], snapshot: SnapshotAssertion) -> None:
    PRINTERS[form]([MISTAKE, WARNING, WHOLE_FILE])
    assert capsys.readouterr() == snapshot


@pytest.mark.parametrize("form", list(PRINTERS))
def test_nothing_wrong_is_nothing_said(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    PRINTERS[form]([])
    assert capsys.readouterr().out in ("", "[]\n")


hostile = st.text() | st.text("%\r\n:,\x1b\x00\x85\u2028a<>&\"']\ud800\ufffe", max_size=20)


@given(hostile, hostile, st.integers(0, 3))
def test_an_annotation_is_one_command_on_one_line(name: str, text: str, line: int) -> None:
    said = annotation(Problem(file=name, line=line, column=1, message=text, hint=text))
    assert not re.search("[\r\n]", said)
    command, place, _ = re.fullmatch("::(error) (file=[^:]*?)::(.*)", said, re.DOTALL).groups()  # type: ignore[union-attr]
    assert command == "error"
    assert len(place.split(",")) == (4 if line else 1)


@given(hostile, hostile)
def test_json_gives_back_what_was_said(name: str, text: str) -> None:
    fields = problem_fields(Problem(file=name, message=text, code="MM101"))
    assert json.loads(json.dumps([fields], ensure_ascii=False)) == [fields]
    assert list(fields) == ["file", "line", "column", "width", "severity", "code", "message", "hint"]
    assert fields["severity"] == "warning"


def result(text: str, *, passed: bool) -> ExampleResult:
    problem = Problem(file=text, line=3, column=1, message=text, hint=text)
    explanation = "" if passed else text
    return ExampleResult(
        rule_id="r", kind="hit", text=text, passed=passed, explanation=explanation, hint=text, blame=lambda: problem
    )


@given(hostile)
def test_junit_is_xml_whatever_stands_in_an_example(text: str) -> None:
    suites = ET.fromstring(junit_xml([result(text, passed=True), result(text, passed=False)]).encode())
    assert suites.attrib == {"tests": "2", "failures": "1", "errors": "0", "skipped": "0"}
    cases = suites.findall("testsuite/testcase")
    assert [len(case.findall("failure")) for case in cases] == [0, 1]
    assert {case.get("classname") for case in cases} == {"r"}


def test_junit_as_people_see_it(snapshot: SnapshotAssertion) -> None:
    assert junit_xml([result("<a> & \x1b[31m“b”\r\n", passed=False)]) == snapshot


@pytest.mark.parametrize(
    ("sights", "runs"),
    [
        ("a", 1),
        ("aaa", 1),
        ("aabb", 2),
        ("aabcc", 2),  # an editor was still writing
        ("aabca", 1),
        ("aabbaa", 3),
        ("aabcb", 1),
    ],
)
def test_watching_runs_at_once_and_after_each_change_that_has_settled(sights: str, runs: int) -> None:
    left = list(sights)
    pauses = 0

    def pause() -> None:
        nonlocal pauses
        pauses += 1

    watching = changes(lambda: left.pop(0), pause)
    ran = 0
    with suppress(IndexError):  # nothing is left to be seen
        for _ in watching:
            ran += 1
    assert ran == runs
    assert pauses == len(sights)
