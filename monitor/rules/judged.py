"""What people think of alerts, by rule and by spelling; and what a rule's examples should learn from it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from monitor.document import Document
from monitor.document.patch import written as in_line
from monitor.model import Feedback, Field
from monitor.rules.match import Ruleset
from monitor.rules.patch import add_under
from monitor.rules.tree import Example
from monitor.rules.written import find_written
from monitor.text.plain import one_line, shorten

TEXT_LIMIT = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How often people found something relevant."""

    relevant: int
    judged: int

    @property
    def precision(self) -> float:
        """The share that was relevant."""
        return self.relevant / self.judged


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What people think of one rule."""

    rule: str
    score: Score
    spellings: Mapping[str, Score]  # the least relevant first
    unwanted: tuple[str, ...]  # texts that nobody found relevant, each a title and perhaps a line of sentences


def judged_rules(opinions: Iterable[Feedback]) -> dict[str, Judged]:
    """Count opinions by rule."""
    by_rule: dict[str, list[Feedback]] = {}
    for opinion in opinions:
        by_rule.setdefault(opinion.rule, []).append(opinion)
    return {rule: _judged(rule, by_rule[rule]) for rule in sorted(by_rule)}


def _judged(rule: str, opinions: Sequence[Feedback]) -> Judged:
    spellings = {spelling for opinion in opinions for spelling in opinion.spellings}
    scores = {each: _score(opinion for opinion in opinions if each in opinion.spellings) for each in spellings}
    wanted = {opinion.alert_id for opinion in opinions if opinion.relevant}
    unwanted = (opinion.text for opinion in opinions if opinion.alert_id not in wanted)
    return Judged(
        rule=rule,
        score=_score(opinions),
        spellings=dict(sorted(scores.items(), key=lambda item: (item[1].precision, -item[1].judged, item[0]))),
        unwanted=tuple(dict.fromkeys(text for text in unwanted if text.strip())),
    )


def _score(opinions: Iterable[Feedback]) -> Score:
    verdicts = [opinion.relevant for opinion in opinions]
    return Score(relevant=sum(verdicts), judged=len(verdicts))


def _fitted(text: str) -> str:
    return shorten(one_line(text), TEXT_LIMIT)


def _example(text: str, fields: Collection[Field]) -> str | dict[str, str]:
    """Write a text as an example: what stood below the title stands in a field that the rule reads, if it reads one.

    In the title it would be found by a rule for titles, and not by one for summaries, whatever the rule has learnt.
    """
    title, _, sentences = map(_fitted, text.partition("\n"))
    below = next((field for field in (Field.SUMMARY, Field.BODY) if field in fields), None)
    if Field.TITLE not in fields:
        sentences = sentences or title  # a message says once what both say
    return {"title": title, below.value: sentences} if below and sentences else title


def _as_example(example: Example) -> str | dict[str, str]:
    said = {"title": example.title, "summary": example.summary, "body": example.body}
    fitted = {field: _fitted(text) for field, text in said.items() if text}
    return fitted if set(fitted) - {"title"} else _fitted(example.title)


def propose_misses(ruleset: Ruleset, documents: Sequence[Document], judged: Iterable[Judged]) -> list[str]:
    """Return a patch for each rule that should leave some texts alone, or what to write and where.

    A text that is an example of its rule is passed over: somebody has seen to it.
    """
    wrong = [each for each in judged if each.unwanted]
    written = find_written(documents, "rules") if wrong else {}
    proposals = []
    for each in wrong:
        definition = ruleset.definitions.get(each.rule)
        if definition is None or each.rule not in written:
            continue
        known = [_as_example(example) for example in definition.examples]
        examples: list[str | dict[str, str]] = []
        for example in (_example(text, definition.fields) for text in each.unwanted):
            if example not in known and example not in examples:
                examples.append(example)
        if examples:
            rule = written[each.rule]
            said = f"add to `{each.rule}` in {rule.place}: misses: {in_line(examples)}\n"
            proposals.append(add_under(rule.document, rule.loc, "misses", examples) or said)
    return proposals
