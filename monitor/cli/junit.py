"""Examples as a JUnit report, the XML that CI systems read.

Source: the attributes that Jenkins, GitLab and GitHub actions agree on (github.com/testmoapp/junitxml).
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from monitor.rules.examples import ExampleResult
from monitor.text.plain import one_line


def junit_xml(results: Sequence[ExampleResult]) -> str:
    """Write one suite, a test case for each example; its text holds no character that XML 1.0 forbids."""
    failures = str(sum(not result.passed for result in results))
    counts = {"tests": str(len(results)), "failures": failures, "errors": "0", "skipped": "0"}
    suites = ET.Element("testsuites", counts)
    suite = ET.SubElement(suites, "testsuite", {"name": "rules", **counts})
    for result in results:
        place = {"file": one_line(result.problem.file), "line": str(result.problem.line)}
        name = f"{result.kind}: {one_line(result.text)}"
        case = ET.SubElement(suite, "testcase", {"classname": result.rule_id, "name": name, "time": "0", **place})
        if not result.passed:
            hint = one_line(result.problem.hint)
            said = one_line(result.problem.message)
            failure = ET.SubElement(case, "failure", {"type": result.kind, "message": said})
            failure.text = f"{one_line(result.problem.place)}: {said}" + (f"; {hint}" if hint else "")
    ET.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(suites, encoding="unicode")
