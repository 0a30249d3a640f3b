"""Check a document against a pydantic model, and say each mistake in plain words at its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from monitor.document.place import Document, Loc
from monitor.document.suggest import did_you_mean, nearest
from monitor.errors import Problem

Model = TypeVar("Model", bound=BaseModel)

# pydantic's error types, by what should stand there
_WANTED = {
    kind: wanted
    for wanted, kinds in {
        "text": ("string_type",),
        "a list": ("list_type", "tuple_type", "set_type", "frozen_set_type"),
        "a mapping (`key: value`)": ("dict_type", "mapping_type", "model_type", "model_attributes_type"),
        "a whole number": ("int_type", "int_parsing", "int_from_float", "int_parsing_size"),
        "a number": ("float_type", "float_parsing", "finite_number"),
        "true or false": ("bool_type", "bool_parsing"),
        "a time with its offset, such as `2026-11-22T14:05Z`": (
            "datetime_type",
            "datetime_parsing",
            "datetime_from_date_parsing",
            "timezone_aware",
        ),
    }.items()
    for kind in kinds
}
_LONG = frozenset({"text", "a list", "a mapping (`key: value`)"})
# how pydantic names what it was given
_QUOTED = re.compile(r"'([^']*)'")
_SUBJECT = re.compile(r"^(?:Input|String|List|Tuple|Set|Frozenset|Dictionary|Value|Data|URL)\b(?= should)")


def validate(
    document: Document, model: type[Model], loc: Loc = (), *, context: Any = None
) -> tuple[Model | None, list[Problem]]:
    """Validate the value at `loc`, which must stand in the document, against a pydantic model.

    Each mistake becomes a problem at its place. `context` is handed to the model's validators (`info.context`). A
    value that is empty counts as an empty mapping.
    """
    value = document.value
    for step in loc:
        value = value[step]
    try:
        return model.model_validate(value if value is not None else {}, context=context), []
    except ValidationError as failed:
        errors = failed.errors(include_url=False)
        return None, [*_translate(document, loc, _without_echoes(errors, model), model)]


def explain(failed: ValidationError, model: type[BaseModel]) -> str:
    """Say in plain words what is wrong with a value that stands in no file: its first mistake, with the key's name."""
    error = failed.errors(include_url=False)[0]
    document = Document(file="", text="")
    (problem,) = _translate(document, (), [error], model)
    said = problem.message + (f"; {problem.hint}" if problem.hint else "")
    place = ".".join(str(step) for step in error["loc"] if str(step) != "[key]")
    return said if error["type"] in ("extra_forbidden", "missing") or not place else f"{place}: {said}"


def _without_echoes(errors: Sequence[ErrorDetails], model: type[BaseModel]) -> Iterator[ErrorDetails]:
    """Leave out what follows from another mistake: a key is missing for it was mistyped, items for they are wrong."""
    inside = {error["loc"][:end] for error in errors for end in range(len(error["loc"]))}
    mistyped = {
        (*error["loc"][:-1], meant)
        for error in errors
        if error["type"] == "extra_forbidden"
        for meant in _meant(str(error["loc"][-1]), model, error["loc"])
    }
    for error in errors:
        echo = error["type"] == "too_short" and error["loc"] in inside
        if not echo and not (error["type"] == "missing" and error["loc"] in mistyped):
            yield error


def _translate(
    document: Document, base: Loc, errors: Iterable[ErrorDetails], model: type[BaseModel]
) -> Iterator[Problem]:
    alternatives: dict[Loc, list[ErrorDetails]] = {}  # of a union, each branch says that its own type is missing
    for error in errors:
        if error["type"] in _WANTED:
            alternatives.setdefault(document.locate((*base, *error["loc"])), []).append(error)
        else:
            yield _one(document, base, error, model)
    for place, found in alternatives.items():
        wanted = dict.fromkeys(_WANTED[error["type"]] for error in found)
        given = found[0]["input"]
        # only what should be a short word is quoted: text in the wrong place may be a secret
        quotable = not _LONG.issuperset(wanted)
        yield document.problem(place, f"this should be {' or '.join(wanted)}{_instead(given, quote=quotable)}")


def _one(document: Document, base: Loc, error: ErrorDetails, model: type[BaseModel]) -> Problem:
    kind, steps, context = error["type"], error["loc"], error.get("ctx", {})
    loc: Loc = (*base, *steps)
    if steps and steps[-1] == "[key]":
        return document.problem(loc, f"key `{steps[-2]}`: {_plainly(error['msg'])}", at_key=True)
    if kind == "extra_forbidden":
        key = str(steps[-1])
        return document.problem(loc, f"unknown key `{key}`", _instead_of(key, model, steps), at_key=True)
    if kind == "missing":
        return document.problem(loc[:-1], f"`{steps[-1]}` is missing", at_key=True)
    if kind in ("enum", "literal_error"):
        choices = _QUOTED.findall(str(context["expected"]))
        allowed = ", ".join(f"`{choice}`" for choice in choices)
        near = nearest(error["input"], choices) if isinstance(error["input"], str) else None
        hint = f"did you mean `{near}`?" if near else ""
        return document.problem(loc, f"this should be one of {allowed}{_instead(error['input'], quote=True)}", hint)
    if kind in ("value_error", "assertion_error"):
        return document.problem(loc, str(context["error"]))
    return document.problem(loc, _plainly(error["msg"]))


def _instead(given: Any, *, quote: bool) -> str:
    """Say what stands there instead of what should."""
    if given is None:
        return "; it is empty"
    if isinstance(given, list):
        return ", not a list"
    if isinstance(given, dict):
        return ", not a mapping"
    return f", not `{given}`" if quote else ", not text"


def _meant(key: str, model: type[BaseModel], loc: Iterable[str | int]) -> tuple[str | None, ...]:
    """Return the keys that may be meant by one that is not known."""
    former: Mapping[str, str] = getattr(_innermost(model, loc), "former", {})
    return former.get(key), nearest(key, known_keys(model, loc))


def _instead_of(key: str, model: type[BaseModel], loc: Iterable[str | int]) -> str:
    """Say what to write for a key that is not known: what took its place (its model's `former`), or what is near."""
    former: Mapping[str, str] = getattr(_innermost(model, loc), "former", {})
    known = known_keys(model, loc)
    return f"did you mean `{former[key]}`?" if former.get(key) in known else did_you_mean(key, known)


def _plainly(message: str) -> str:
    """Say what pydantic says as we say it."""
    return _QUOTED.sub(r"`\1`", _SUBJECT.sub("this", message)).replace(" after validation", "")


def known_keys(model: type[BaseModel], loc: Iterable[str | int] = ()) -> list[str]:
    """List the keys that a model accepts, by the names used in YAML.

    The path is only a help for models that nest: the innermost model on the way decides.
    """
    return [info.alias or name for name, info in _innermost(model, loc).model_fields.items()]


def _innermost(model: type[BaseModel], loc: Iterable[str | int]) -> type[BaseModel]:
    current = model
    for step in loc:
        nested = {info.alias or name: info for name, info in current.model_fields.items()}.get(str(step))
        current = (_model_in(nested.annotation) if nested else None) or current
    return current


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """Find the model in an annotation such as `Model | None` or `dict[str, Model]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part))), None)
