"""YAML read strictly, with the place of everything, and checked against models."""

from monitor.document.place import Document, Loc, Places, Span
from monitor.document.read import MAX_BYTES, MAX_DEPTH, MAX_VALUES, parse_document, read_document
from monitor.document.shapes import explain, known_keys, validate
from monitor.document.suggest import did_you_mean

__all__ = [
    "MAX_BYTES",
    "MAX_DEPTH",
    "MAX_VALUES",
    "Document",
    "Loc",
    "Places",
    "Span",
    "did_you_mean",
    "explain",
    "known_keys",
    "parse_document",
    "read_document",
    "validate",
]
