"""Show the place of a mistake in its line."""

from __future__ import annotations


def underlined(source: str, start: int, length: int, *, width: int) -> tuple[str, str, str]:
    """Cut a line at a marked place, and to what fits into `width` characters: what is before, at and behind the place.

    What cannot be seen becomes a blank.
    """
    first = 0 if start + min(length, width // 2) <= width else start - width // 2
    last = first + width
    end = min(start + length, last)
    shown = [character if character.isprintable() else " " for character in source[:last]]
    before = ("…" if first else "") + "".join(shown[first + 1 if first else 0 : start])
    after = "".join(shown[end:]) + ("…" if len(source) > last else "")
    return before, "".join(shown[start:end]), after
