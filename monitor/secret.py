"""A value that never shows itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, final


@final
class Secret:
    """Hold a token, password or key; only `reveal()` gives it, `str()` and `repr()` are `***`."""

    __slots__ = ("__value",)

    def __init__(self, value: str) -> None:
        self.__value = value

    def reveal(self) -> str:
        """Return the value itself; call it at the last moment, and keep the result out of names that are logged."""
        return self.__value

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format("***", spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other.reveal() == self.__value

    def __hash__(self) -> int:
        return hash((Secret, self.__value))

    def __reduce__(self) -> Any:
        raise TypeError("a secret cannot be pickled")


_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def resolve_references(text: str, env: Mapping[str, str]) -> str:
    """Replace each `${NAME}` by its value in `env`; what a value holds is not looked at again.

    Raises:
        ValueError: a reference is miswritten, or a name is not set or empty; the text says which and what to do, and
            holds no value.
    """
    if "${" in _REFERENCE.sub("", text):
        raise ValueError("a reference is written `${NAME}`, of letters, digits and `_`")
    missing = [name for name in _REFERENCE.findall(text) if not env.get(name)]
    if missing:
        names = ", ".join(f"`{name}`" for name in dict.fromkeys(missing))
        verb, them = ("is", "it") if len(set(missing)) == 1 else ("are", "them")
        where = "in the environment, or in the file `.env` beside monitor.yaml"
        raise ValueError(f"{names} {verb} not set: put {them} {where}")
    return _REFERENCE.sub(lambda found: env[found[1]], text)


def has_reference(text: str) -> bool:
    """Say whether the text refers to at least one `${NAME}`."""
    return _REFERENCE.search(text) is not None
