"""A value that never shows itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, final
from urllib.parse import quote


@final
class Secret:
    """Hold a token, password or key; only `reveal()` gives it, `str()` and `repr()` are `***`.

    `known` = `blot` takes it out of other texts too; not so what only stands where a secret may stand.
    """

    __slots__ = ("__value",)

    def __init__(self, value: str, *, known: bool = True) -> None:
        self.__value = value
        if known:
            remember(value)

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


SHORTEST_KNOWN: Final = 8  # characters; a shorter one is part of too many words to be taken out wherever it stands
_SCHEME = re.compile(r"(?i:basic|bearer|token) +(\S+)")
_REST = re.compile(r"[\w.~%-]*+")  # another secret may begin like a known one
_known: dict[str, tuple[str, ...]] = {}  # as they may stand in a text, by how they begin; those that are longer first


def remember(value: str) -> None:
    """Have `blot` know a value that nobody should see, as it is and as it stands in a URL."""
    header = _SCHEME.fullmatch(value)
    for text in (value, header[1] if header else ""):
        if len(text) >= SHORTEST_KNOWN:
            for known in {text, *(quote(text, safe=safe, errors="surrogatepass") for safe in ("", "/"))}:
                head = known[:SHORTEST_KNOWN]
                _known[head] = tuple(sorted({*_known.get(head, ()), known}, key=len, reverse=True))


def blot(text: str) -> str:
    """Replace each secret that this process has read, wherever it stands; how many there are costs nothing."""
    if not _known:
        return text
    starts = [at for at in range(len(text) - SHORTEST_KNOWN + 1) if text[at : at + SHORTEST_KNOWN] in _known]
    kept, end = list[str](), 0
    for start in starts:
        found = _secret_at(text, start) if start >= end else ""
        if found:
            kept += text[end:start], "***"
            rest = _REST.match(text, start + len(found))
            end = rest.end() if rest else start
    return "".join([*kept, text[end:]]) if kept else text


def _secret_at(text: str, start: int) -> str:
    heads = _known[text[start : start + SHORTEST_KNOWN]]
    return next((known for known in heads if text.startswith(known, start)), "")


_LARGEST_FILE = 64 * 1024
_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def resolve_references(text: str, env: Mapping[str, str], *, quoted: bool = False) -> str:
    """Replace each `${NAME}` by its value in `env`; what a value holds is not looked at again.

    A name that is not set is read from the file that `NAME_FILE` names, as Docker and others hand secrets out; `quoted`
    writes values as they stand in a URL.

    Raises:
        ValueError: a reference is miswritten, a name is not set or empty, or its file cannot be read; the text says
            which and what to do, and holds no value.
    """
    if "${" in _REFERENCE.sub("", text):
        raise ValueError("a reference is written `${NAME}`, of letters, digits and `_`")
    values = {name: _value(name, env) for name in dict.fromkeys(_REFERENCE.findall(text))}
    missing = [name for name, value in values.items() if not value]
    if missing:
        names = ", ".join(f"`{name}`" for name in missing)
        verb, them = ("is", "it") if len(missing) == 1 else ("are", "them")
        where = "in the environment, or in the file `.env` beside monitor.yaml"
        raise ValueError(f"{names} {verb} not set: put {them} {where}")
    return _REFERENCE.sub(lambda found: quote(values[found[1]], safe="") if quoted else values[found[1]], text)


def _value(name: str, env: Mapping[str, str]) -> str:
    file = env.get(f"{name}_FILE")
    if env.get(name) or not file:
        return env.get(name, "")
    try:
        with Path(file).open("rb") as opened:
            return opened.read(_LARGEST_FILE).decode().strip()
    except OSError as error:
        raise ValueError(f"`{name}_FILE` names a file that cannot be read: {error.strerror or 'I/O error'}") from None
    except ValueError:  # a NUL in its name, or no UTF-8 in it
        raise ValueError(f"`{name}_FILE` does not name a text file") from None


def has_reference(text: str) -> bool:
    """Say whether the text refers to at least one `${NAME}`."""
    return _REFERENCE.search(text) is not None


def references(value: object) -> Iterator[str]:
    """Yield the names that a text refers to, or the texts in nested lists and mappings."""
    if isinstance(value, str):
        yield from _REFERENCE.findall(value)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from references(item)
