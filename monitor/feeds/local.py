"""Read feeds from files, out of folders that the configuration allows and nowhere else."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from monitor.errors import Cause, FetchError
from monitor.model import Page


def read_local(url: str, folders: Sequence[Path], limit: int) -> Page:
    """Read the file behind a `file:` URL.

    Raises:
        FetchError: FILE where it is no regular file inside one of `folders` (links and `..` resolved) or cannot be
            read; TOO_LARGE above `limit` bytes; BAD_URL for a host other than this one.
    """
    parts = urlsplit(url)
    if parts.netloc not in ("", "localhost"):
        raise FetchError(Cause.BAD_URL, "a file: URL has three slashes, file:///folder/feed.xml")
    name = shown = url2pathname(parts.path)
    try:
        path = Path(name).resolve(strict=True)
        if not any(path.is_relative_to(folder.resolve()) for folder in folders):
            raise FetchError(Cause.FILE, f"{shown} lies outside the folders that are allowed for file: feeds")
        return Page(body=_read_regular(path, shown, limit))
    except (
        OSError,
        ValueError,
        RuntimeError,
    ) as error:  # ValueError: a NUL in the path; RuntimeError: a circle of links
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise FetchError(Cause.FILE, f"{shown!a}: {reason}" if "\0" in shown else f"{shown}: {reason}") from error


def _read_regular(path: Path, shown: str, limit: int) -> bytes:
    # Not following and not blocking: what was checked above may have been changed for a link or a pipe since.
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise FetchError(Cause.FILE, f"{shown} is not a regular file")
        body = file.read(limit + 1)
    if len(body) > limit:
        raise FetchError(Cause.TOO_LARGE, f"{shown} is larger than {limit // 1_000_000} MB")
    return body
