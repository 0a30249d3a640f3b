"""Name a URL as others may see it."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from monitor.secret import blot


def shown_url(url: str) -> str:
    """Name a URL without user, password, query string and fragment, and without what is known as a secret."""
    parts = urlsplit(url)
    return blot(urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", "")))
