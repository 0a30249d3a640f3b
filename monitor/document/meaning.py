"""What the keys of a model mean: the text that stands under each field in its source, for the reference and editors.

    poll: Poll = ...
    \"\"\"How often a feed is asked for news. Default: `10m`. Example: `5m`.\"\"\"

Only what writes the reference and the schemas reads it: at run time such a text costs nothing.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from textwrap import dedent

from pydantic import BaseModel

_PARTS = re.compile(r"(?P<text>.*?)(?: Default: (?P<default>.*?)\.)?(?: Example: (?P<example>`.*`)\.)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What one key is for."""

    text: str  # one or two sentences
    default: str = ""  # what holds without the key, where the model's own default does not say it
    example: str = ""  # a value, in backticks


def read_meanings(model: type[BaseModel]) -> dict[str, Meaning]:
    """Return the meanings of a model's keys by their names in YAML; keys that have none are left out."""
    by_field = {name: text for cls in reversed(model.__mro__) for name, text in _texts(cls)}
    return {info.alias or name: _parse(by_field[name]) for name, info in model.model_fields.items() if name in by_field}


def _texts(cls: type) -> Iterator[tuple[str, str]]:
    """Yield the fields of a class that a text stands under, with it."""
    if not issubclass(cls, BaseModel) or cls is BaseModel:
        return
    (tree,) = ast.parse(dedent(inspect.getsource(cls))).body
    body = tree.body if isinstance(tree, ast.ClassDef) else []
    for field, below in pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(below, ast.Expr):
            value = below.value
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                yield field.target.id, " ".join(value.value.split())


def _parse(text: str) -> Meaning:
    found = _PARTS.fullmatch(text)
    parts = {name: part for name, part in found.groupdict().items() if part} if found else {"text": text}
    return Meaning(**parts)
