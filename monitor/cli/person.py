"""Who is at the keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # `monitor --help` must not import the house
    from monitor.acts import Person


def whoami() -> str:
    """Name the person at the keyboard, as the system knows them."""
    import getpass  # noqa: PLC0415 - only for a few commands
    import os  # noqa: PLC0415

    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container may know its user by number alone
        return f"uid {os.getuid()}"


def person(name: str = "") -> Person:
    """Say who does something on the command line: the one who is named, or the one at the keyboard."""
    from monitor.acts import Person  # noqa: PLC0415 - `monitor --help` must not import the house

    return Person(by=name.strip() or whoami(), via="command line")
