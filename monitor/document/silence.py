"""The comment by which a line asks for silence about a warning."""

from __future__ import annotations

import re
from functools import lru_cache

_IGNORE = re.compile(r"(?:^|\s)#\s*monitor:\s*ignore\s+(MM\d{3}(?:[,\s]+MM\d{3})*)")


@lru_cache(maxsize=16)  # a long line may have a warning for each of its words
def silenced(line: str) -> frozenset[str]:
    """Return the codes that a line's comment names: `# monitor: ignore MM101, MM202`."""
    asked = _IGNORE.search(line)
    return frozenset(re.findall(r"MM\d{3}", asked[1]) if asked else ())
