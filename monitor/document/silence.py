"""The comment by which a line asks for silence about a warning."""

from __future__ import annotations

import re

_IGNORE = re.compile(r"(?:^|\s)#\s*monitor:\s*ignore\s+(MM\d{3}(?:[,\s]+MM\d{3})*)")


def silenced(line: str) -> set[str]:
    """Return the codes that a line's comment names: `# monitor: ignore MM101, MM202`."""
    asked = _IGNORE.search(line)
    return set(re.findall(r"MM\d{3}", asked[1])) if asked else set()
