"""What a pack is: `pack.yaml`, rules with actors and examples, sources; and what none of it may do.

A stranger's pack must not reach beyond what it is for: it names no channel, refers to no secret, sends no header of its
own, and reads nothing but public addresses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

from monitor import __version__
from monitor.config.additions import url_fault
from monitor.document import Document, Loc, parse_document, validate
from monitor.errors import ConfigurationError, Problem
from monitor.model import Priority
from monitor.rules.examples import run_examples
from monitor.rules.lint.lint import lint
from monitor.rules.load import load_rules, read_definitions
from monitor.rules.match import Ruleset
from monitor.text.plain import shorten

MOST_VALUES = 100_000  # keys and values of one file
FEED_KEYS = ("url", "lang", "country", "tags", "poll")
NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?", re.ASCII)
_VERSION = re.compile(r"\d{1,6}(?:\.\d{1,6}){0,3}", re.ASCII)
_REQUIRED = re.compile(r">=\s*(\d{1,6}(?:\.\d{1,6}){0,3})", re.ASCII)
_PLACES = re.compile(
    r"pack\.yaml|rules/[\w.-]+\.yaml|sources/[\w.-]+\.yaml|README\.md|LICENSE(?:\.md|\.txt)?", re.ASCII
)
_LONGEST = 300


def _of_form(form: re.Pattern[str], example: str) -> BeforeValidator:
    def read(value: object) -> object:
        if isinstance(value, str) and not form.fullmatch(value):
            raise ValueError(f"`{shorten(value, 40)}` does not fit here: write it like `{example}`")
        return value

    return BeforeValidator(read)


def _one_line(value: object) -> object:
    if isinstance(value, str) and not (value.strip() and value.isprintable() and len(value) <= _LONGEST):
        raise ValueError(f"this should be one line of at most {_LONGEST} characters")
    return value


class PackShape(BaseModel):
    """`pack.yaml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, _of_form(NAME, "press-freedom")]
    version: Annotated[str, _of_form(_VERSION, "1.2")]
    description: Annotated[str, BeforeValidator(_one_line)]
    license: Annotated[str, BeforeValidator(_one_line)]
    requires: Annotated[str, _of_form(_REQUIRED, ">=0.1")] = ""  # the version of this program


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """A pack that has been checked."""

    name: str
    version: str
    description: str
    license: str
    files: Mapping[str, bytes] = field(repr=False)
    documents: tuple[Document, ...] = field(repr=False)  # rules and sources
    ruleset: Ruleset = field(repr=False)
    feeds: tuple[str, ...]
    examples: int
    warnings: tuple[Problem, ...]  # what is allowed and hardly meant


def read_pack(files: Mapping[str, bytes], *, label: str, today: date) -> Pack:
    """Check everything that can be checked of a pack alone; `label` is what messages call it.

    Raises:
        ConfigurationError: with every mistake in it.
    """
    about, problems = _about(files, label)
    problems += [_stranger(name, label) for name in files if not _PLACES.fullmatch(name)]
    documents: list[Document] = []
    for name, raw in sorted(files.items()):
        if name.startswith(("rules/", "sources/")) and _PLACES.fullmatch(name):
            document, found = parse_document(raw, name=f"{label}/{name}", max_values=MOST_VALUES)
            problems += found
            if document is not None:
                documents.append(document)
                problems += _manners(document, sources=name.startswith("sources/"))
    ruleset, found = load_rules(documents, channels=None, default_notify=(), default_priority=Priority.NORMAL)
    problems += found
    if ruleset is None or about is None or problems:
        raise ConfigurationError(problems)
    results = run_examples(ruleset, ruleset.rules)
    problems = [result.problem for result in results if not result.passed]
    if not documents:
        problems.append(Problem(file=label, message="this pack holds neither rules/*.yaml nor sources/*.yaml"))
    if problems:
        raise ConfigurationError(problems)
    definitions = read_definitions(documents)
    return Pack(
        name=about.name,
        version=about.version,
        description=about.description,
        license=about.license,
        files=dict(files),
        documents=tuple(documents),
        ruleset=ruleset,
        feeds=tuple(name for document in documents for name in _section(document, "feeds")),
        examples=len(results),
        warnings=tuple(lint(documents, definitions, today=today, feeds=None, whole=True)),
    )


def _about(files: Mapping[str, bytes], label: str) -> tuple[PackShape | None, list[Problem]]:
    place = f"{label}/pack.yaml"
    if "pack.yaml" not in files:
        hint = "it says name, version, description and license"
        return None, [Problem(file=label, message="there is no pack.yaml in it", hint=hint)]
    document, problems = parse_document(files["pack.yaml"], name=place, max_values=MOST_VALUES)
    if document is None:
        return None, problems
    if not isinstance(document.value, dict):
        return None, [*problems, document.problem((), "this should be a mapping", "write `name:` and `version:`")]
    about, found = validate(document, PackShape)
    needed = _REQUIRED.fullmatch(about.requires) if about else None
    if needed and _numbers(needed[1]) > _numbers(__version__):
        message = f"this pack needs Media Monitor {needed[1]}, and this is {__version__}"
        found.append(document.problem(("requires",), message, "update the program"))
    return about, [*problems, *found]


def _numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)][:4]


def _stranger(name: str, label: str) -> Problem:
    hint = "it holds pack.yaml, rules/*.yaml, sources/*.yaml, README.md and LICENSE"
    return Problem(file=f"{label}/{shorten(name, 100)}", message="a pack holds no such file", hint=hint)


def _manners(document: Document, *, sources: bool) -> Iterator[Problem]:
    """Look for what a stranger may not ask for."""
    if document.value is None:
        return
    if not isinstance(document.value, dict):
        yield document.problem((), "this should be a mapping", "write `feeds:`" if sources else "write `rules:`")
        return
    allowed = ("feeds",) if sources else ("actors", "defaults", "rules")
    for key in document.value:
        if key not in allowed:
            where = "sources" if sources else "rules"
            yield document.problem((key,), f"`{shorten(key, 40)}` does not belong into {where}/ of a pack", at_key=True)
        elif sources and not isinstance(document.value[key], dict):
            yield document.problem((key,), "this should be a mapping of names to feeds", "write `name: https://…`")
    if sources:
        yield from _feed_manners(document)
    else:
        yield from _rule_manners(document)


def _rule_manners(document: Document) -> Iterator[Problem]:
    rules = _section(document, "rules")
    places: list[tuple[Loc, Any]] = [(("defaults",), document.value.get("defaults"))]
    places += [(("rules", name), rule) for name, rule in rules.items()]
    for loc, settings in places:
        if isinstance(settings, dict) and "notify" in settings:
            hint = "leave `notify` out: whoever takes the pack has a default channel, and routes"
            yield document.problem((*loc, "notify"), "a pack knows no channels", hint, at_key=True)
    for name, rule in rules.items():
        if not isinstance(rule, dict) or not rule.get("hits"):
            hint = "add `hits:`, and `misses:`, so that whoever takes it sees that it works"
            yield document.problem(
                ("rules", name), f"the rule `{shorten(name, 40)}` has no examples", hint, at_key=True
            )


def _feed_manners(document: Document) -> Iterator[Problem]:
    for name, written in _section(document, "feeds").items():
        feed = written if isinstance(written, dict) else {"url": written}
        loc: Loc = ("feeds", name)
        for key in feed:
            if key not in FEED_KEYS:
                message = f"a pack does not say `{shorten(key, 40)}` of a feed"
                yield document.problem((*loc, key), message, f"it says {', '.join(FEED_KEYS)}", at_key=True)
        fault = url_fault(feed["url"]) if isinstance(feed.get("url"), str) else "it is no text"
        if fault:
            yield document.problem((*loc, "url") if isinstance(written, dict) else loc, f"this URL is refused: {fault}")


def _section(document: Document, name: str) -> dict[str, Any]:
    section = document.value.get(name) if isinstance(document.value, dict) else None
    return section if isinstance(section, dict) else {}


def conflicts(pack: Pack, others: Sequence[Document]) -> Iterator[Problem]:
    """Name the rules, actors and feeds of a pack that have the names of others."""
    for section in ("rules", "actors", "feeds"):
        taken = {name: other for other in others for name in _section(other, section)}
        for document in pack.documents:
            for name in _section(document, section):
                if name in taken:
                    message = f"`{shorten(name, 60)}` stands under `{section}` of {taken[name].file} too"
                    hint = "`--no-sources` takes the rules alone" if section == "feeds" else "rename one of them"
                    yield document.problem((section, name), message, hint, at_key=True)
