"""Places in an entry: in words, where terms stand, or in characters."""

from __future__ import annotations

from typing import NamedTuple

Place = tuple[int, int, int]  # number of the field, first word, last word


class Stretch(NamedTuple):
    """A place that does not begin and end with words."""

    number: int  # of the field
    start: int  # character
    end: int
