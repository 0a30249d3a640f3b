"""The manifest that makes our Slack app: what it may do stands there, and nowhere else."""

from __future__ import annotations

from importlib.resources import files

from monitor.document import parse_document
from monitor.document.patch import value_at

_FILE = "slack-manifest.yaml"


def slack_manifest() -> str:
    """Return its text."""
    return (files("monitor.notify") / _FILE).read_text(encoding="utf-8")


def slack_scopes() -> tuple[str, ...]:
    """Return what the app asks leave for."""
    document, _ = parse_document(slack_manifest().encode(), name=_FILE)
    assert document is not None  # noqa: S101 - it is our own, and tested
    return tuple(value_at(document.value, ("oauth_config", "scopes", "bot")))
