"""The weights of the story score. Fitted, not chosen: `python -m bench stories --fit` prints this file anew."""

from __future__ import annotations

from typing import Final

BIAS: Final = -4.0
WEIGHTS: Final = {
    "cosine": 6.0,
    "title": 2.0,
    "cover": 3.0,
    "rare": 2.0,
    "names": 1.0,
    "numbers": 0.5,
    "conflict": -1.0,
    "days": -0.5,
    "source": -0.3,
}
THRESHOLD: Final = 0.5
"""The score of entry and story from which they belong together."""
