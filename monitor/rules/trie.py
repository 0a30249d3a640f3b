"""Numbers by sequences of words, as dictionaries of dictionaries.

    {"talks": {"": 3, "with": {"syria": 7}}, "drill": 2}            talks, talks with Syria, drill

A sequence that no other goes on from ends in its bare number: most do, and a dictionary for each would not fit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias, TypeVar

Branch: TypeAlias = dict[str, "int | Branch"]
_Key = TypeVar("_Key")
_END = ""  # the key of a sequence's own number where others go on from it; no word


def put(root: dict[_Key, int | Branch], key: _Key, rest: Sequence[str], number: int) -> int:
    """Give a key and the words behind it this number unless they have one; return the one they have."""
    if not rest:
        held = root.setdefault(key, number)
        return held.setdefault(_END, number) if isinstance(held, dict) else held  # type: ignore[return-value]
    branch = root.get(key)
    if not isinstance(branch, dict):
        branch = root[key] = {} if branch is None else {_END: branch}
    return put(branch, rest[0], rest[1:], number)


def get(node: int | Branch | None, words: Sequence[str]) -> int | None:
    """Return the number of the words behind a node."""
    for word in words:
        node = node.get(word) if isinstance(node, dict) else None
    return own_number(node)


def own_number(node: int | Branch | None) -> int | None:
    """Return the number of the sequence that ends at this node."""
    return node.get(_END) if isinstance(node, dict) else node  # type: ignore[return-value]  # a number


def walk(node: int | Branch | None) -> Iterator[tuple[tuple[str, ...], int]]:
    """Yield the words behind a node, with their number."""
    for word, below in node.items() if isinstance(node, dict) else ():
        if word != _END:
            yield from (((word, *words), number) for words, number in walk(below))
    number = own_number(node)
    if number is not None:
        yield (), number
