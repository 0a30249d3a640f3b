"""The weights of the story score: fitted, not chosen. `python -m bench stories --fit` finds and prints them."""

from __future__ import annotations

from typing import Final

from monitor.stories.score import Model

MODEL: Final = Model(
    bias=-3.24,
    weights={
        "cosine": 2.01,
        "title": 0.77,
        "cover": 2.06,
        "rare": 4.53,
        "names": 4.0,
        "numbers": 0.72,
        "conflict": 1.81,
        "days": -1.29,
        "source": -1.19,
    },
    threshold=0.8,
)
