"""The weights of the story score: fitted, not chosen. `python -m bench stories --fit` finds and prints them.

The threshold is higher than the fit's: a window that is nearly empty says little of which words are rare.
"""

from __future__ import annotations

from typing import Final

from monitor.stories.score import Model

MODEL: Final = Model(
    bias=-3.25,
    weights={
        "cosine": 2.43,
        "title": 0.71,
        "cover": 2.12,
        "rare": 4.56,
        "names": 3.5,
        "numbers": 0.9,
        "conflict": 2.11,
        "days": -1.28,
        "source": -1.14,
    },
    threshold=0.85,
)
