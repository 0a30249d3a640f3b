"""Read one line of `allow`: a place that feeds may be read from although it is not public."""

from __future__ import annotations

import re
from ipaddress import ip_network

from monitor.model import AllowedHost

_PLACE = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\[\]:]+))(?::([0-9]{1,5}))?")
_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*\.?")
_LAST_PORT = 65_535


def read_allowed(text: str) -> AllowedHost:
    """Read an address, a network or a name, each but a network with a port or without.

    Raises:
        ValueError: it is none of these; the text says what it may be.
    """
    written = text.strip()
    try:
        return AllowedHost(network=ip_network(written))
    except ValueError:
        place = _PLACE.fullmatch(written)
    if place and int(place[3] or 0) <= _LAST_PORT:
        host, port = place[1] or place[2], int(place[3] or 0)
        try:
            return AllowedHost(network=ip_network(host), port=port)
        except ValueError:
            name = host.lower()
            if _NAME.fullmatch(name) and not name.rstrip(".").rpartition(".")[2].isdigit():
                return AllowedHost(name=name, port=port)
    example = "write it like `127.0.0.1:8080`, `10.0.0.0/8` or `rsshub:1200`"
    raise ValueError(f"`{written[:80]}` is no address, network or name: {example}")
