"""The weights of the story score: fitted, not chosen. `python -m bench stories --fit` finds and prints them."""

from __future__ import annotations

from typing import Final

from monitor.stories.score import Model

MODEL: Final = Model(
    bias=-3.27,
    weights={
        "cosine": 2.56,
        "title": 0.83,
        "cover": 2.22,
        "rare": 4.67,
        "names": 3.49,
        "numbers": 0.83,
        "conflict": 1.87,
        "days": -1.2,
        "source": -1.09,
    },
    threshold=0.75,
)
