"""Run the examples that rules carry, through the matcher that reads the news."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from monitor.errors import Problem
from monitor.model import Entry
from monitor.rules.explain import explain
from monitor.rules.match import Ruleset
from monitor.rules.nearest import nearest_to
from monitor.rules.tree import Example

_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleResult:
    """What became of one example."""

    rule_id: str
    kind: Literal["hit", "miss"]
    text: str  # the first of title, summary and body that says something
    passed: bool
    explanation: str  # one line: the clauses that failed, or by what a miss is found; "" = passed
    hint: str = ""
    blame: Callable[[], Problem]  # names the place, which is looked up when somebody asks

    @property
    def problem(self) -> Problem:
        """The failure, where the example stands in its file; says nothing where it passed."""
        blame = self.blame()
        return replace(blame, message=f"{blame.message}: {self.explanation}", hint=self.hint)

    @property
    def place(self) -> str:
        """Where the example stands: file:line."""
        blame = self.blame()
        return f"{blame.file}:{blame.line}"


def run_examples(ruleset: Ruleset, rule_ids: Iterable[str] | None = None) -> tuple[ExampleResult, ...]:
    """Run every example of these rules (None = of all), one rule after another."""
    return tuple(
        _run(ruleset, rule_id, example)
        for rule_id in (ruleset.rules if rule_ids is None else rule_ids)
        for example in ruleset.definitions[rule_id].examples
    )


def _run(ruleset: Ruleset, rule_id: str, example: Example) -> ExampleResult:
    entry = example_entry(example)
    tags = example.source[1:]
    result = ruleset.match(entry, tags)  # whole: a rule that its anchor never calls must fail here
    broken = dict(result.failures).get(rule_id, "")
    matched = any(match.rule.id == rule_id for match in result.matches)
    passed = matched is example.hit and not broken
    explanation, hint = broken, ""
    if not passed and not broken:
        explanation, hint = _why(ruleset, rule_id, entry, tags, hit=example.hit)
    return ExampleResult(
        rule_id=rule_id,
        kind="hit" if example.hit else "miss",
        text=example.title or example.summary or example.body,
        passed=passed,
        explanation=explanation,
        hint=hint,
        blame=example.blame,
    )


def _why(ruleset: Ruleset, rule_id: str, entry: Entry, tags: Sequence[str], *, hit: bool) -> tuple[str, str]:
    """Say which clauses a hit fails, or by which a miss is found; and which words of a hit were nearly found."""
    explanation = explain(ruleset, rule_id, entry, tags)
    clauses = explanation.failed if hit else [clause for clause in explanation.clauses if clause.found]
    why = "; ".join(str(clause) for clause in clauses)
    if not hit:
        return why, ""
    near = nearest_to(ruleset.definitions[rule_id], explanation, entry)
    return why, str(near) if near else ""


def example_entry(example: Example) -> Entry:
    """Make an entry of an example."""
    return Entry(
        id="0" * 32,
        keys=(),
        feed=example.source[0] if example.source else "",  # "" = not known: no rule's `sources` objects
        title=example.title,
        summary=example.summary,
        body=example.body,
        language=example.language,
        seen_at=_ANY_TIME,
    )
