"""Make a rule set of YAML documents, or find every mistake in them in one pass."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from monitor.document import Document, Places
from monitor.errors import Problem
from monitor.model import Priority
from monitor.rules.compile import compile_rules
from monitor.rules.match import Ruleset
from monitor.rules.read import RuleReader
from monitor.rules.tree import Definition

TRIAL = "trial"
"""The id of a bare rule."""


def load_rules(
    documents: Sequence[Document],
    *,
    channels: Collection[str] | None,
    default_notify: tuple[str, ...],
    default_priority: Priority,
    main: Document | None = None,
) -> tuple[Ruleset | None, list[Problem]]:
    """Compile the rules of all documents; the actors of any document are known in every other.

    Only the keys `actors`, `rules` and `defaults` are looked at; documents that are no mappings are passed over, and
    so are the `defaults` of the document `main`: they are the whole configuration's. `channels` are the known
    channels, None = do not check. Returns None and every mistake found, in the order of the files, or the rule
    set (an empty one where there are no rules) and no problems.
    """
    reader = RuleReader(channels=channels, default_notify=default_notify, default_priority=default_priority, main=main)
    return _load(reader, actors_from=documents, rules_from=documents)


def read_definitions(documents: Sequence[Document], *, main: Document | None = None) -> list[Definition]:
    """Read the rules that can be read, whatever is wrong with the others; channels and defaults are left alone."""
    reader = RuleReader(channels=None, default_notify=(), default_priority=Priority.NORMAL, main=main)
    reader.read_actors(documents)
    return reader.read_rules(documents)


def load_trial(
    document: Document,
    actors_from: Sequence[Document],
    *,
    channels: Collection[str] | None,
    default_notify: tuple[str, ...],
    default_priority: Priority,
    usable: Sequence[Definition] | None = None,
) -> tuple[Ruleset | None, list[Problem]]:
    """Compile only the rules of `document`, with its own actors and those of the other documents.

    The document is a whole one with `rules:`, or one bare rule (mapping, list or text), which gets the id `trial`. It
    may use the rules of the other documents, those of them that are right: `usable`, None = they are read here.
    """
    trial = document if isinstance(document.value, dict) and "rules" in document.value else _as_rule(document)
    reader = RuleReader(channels=channels, default_notify=default_notify, default_priority=default_priority)
    if usable is None:
        usable = read_definitions(actors_from)
    return _load(reader, actors_from=[*actors_from, trial], rules_from=[trial], usable=usable)


def _load(
    reader: RuleReader,
    *,
    actors_from: Sequence[Document],
    rules_from: Sequence[Document],
    usable: Sequence[Definition] = (),
) -> tuple[Ruleset | None, list[Problem]]:
    reader.read_actors(actors_from)
    definitions = reader.read_rules(rules_from, usable=[definition.rule.id for definition in usable])
    if not reader.problems:
        return compile_rules(definitions, usable=usable), []
    order = {document.file: number for number, document in enumerate(actors_from)}
    return None, sorted(reader.problems, key=lambda problem: (order[problem.file], problem.line, problem.column))


def _as_rule(document: Document) -> Document:
    """Put a bare rule where a document has its rules; every place stays what it was."""
    above = ("rules", TRIAL)
    places = Places(
        {above[:length]: document.spans[()] for length in range(3) if () in document.spans}
        | {(*above, *loc): span for loc, span in document.spans.items()},
        {(*above, *loc): span for loc, span in document.key_spans.items()},
    )
    value = {"rules": {TRIAL: document.value}}
    as_written = document.is_as_written
    return Document(file=document.file, text=document.text, value=value, places=places, is_as_written=as_written)
