"""The weights of the story score: fitted, not chosen. `python -m bench stories --fit` finds and prints them."""

from __future__ import annotations

from typing import Final

from monitor.stories.score import Model

MODEL: Final = Model(
    bias=-2.83,
    weights={
        "cosine": 2.07,
        "title": 0.89,
        "cover": 1.9,
        "rare": 4.06,
        "names": 3.98,
        "numbers": 0.55,
        "conflict": 1.17,
        "days": -1.53,
        "source": -1.03,
    },
    threshold=0.8,
)
