"""Read the files of a pack into memory, out of a folder or an archive that anybody may have made.

Nothing is unpacked: names are looked at before contents are read, and contents are counted while they are read, so a
bomb ends where its limit is. What is no plain file (a link, a device) is refused, never followed.
"""

from __future__ import annotations

import gzip
import io
import re
import stat
import tarfile
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from monitor.errors import UserError
from monitor.text.plain import one_line, shorten

MOST_FILES = 200
MOST_BYTES = 5_000_000  # of all files together, and of an archive
MOST_RATIO = 200  # to which a file of an archive may be packed
DEEPEST = 4  # names in a path
LONGEST = 150  # characters of a path
_TAR_BLOCK = 512
_FEW_BYTES = 100_000  # below which any ratio is harmless
_DRIVE = re.compile(r"[A-Za-z]:")
_ENCRYPTED, _UTF8 = 0x1, 0x800  # flags of a zip entry
_KINDS = {stat.S_IFLNK: "a link", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device", stat.S_IFIFO: "a pipe"}


class _Files:
    """The files that have been read so far; each is looked at before it is taken."""

    def __init__(self) -> None:
        self.read: dict[str, bytes] = {}
        self._spelled: dict[str, str] = {}  # each path and each folder of it, without case
        self._left = MOST_BYTES
        self._names = 0

    def admit(self, name: str, *, folder: bool = False) -> str:
        """Return the name of a file as it is kept.

        Raises:
            UserError: it is no name for a file of a pack, or there are too many.
        """
        self._names += 1
        if self._names > MOST_FILES:
            raise UserError(f"this pack holds more than {MOST_FILES} files")
        fault = _name_fault(name)
        if fault:
            raise UserError(f"`{_shown(name)}` {fault}")
        kept = name.removeprefix("./").rstrip("/")
        parts = kept.split("/")
        for end in range(1, len(parts) + 1):
            path = "/".join(parts[:end])
            spelled = self._spelled.setdefault(unicodedata.normalize("NFC", path).casefold(), path)
            if spelled != path:
                raise UserError(f"`{_shown(spelled)}` and `{_shown(path)}` differ in case or accents alone")
        if not folder and kept in self.read:
            raise UserError(f"`{_shown(kept)}` stands there twice")
        return kept

    def take(self, name: str, stream: IO[bytes], *, packed: int | None = None) -> None:
        """Read one file; `packed` is how many bytes it takes in its archive.

        Raises:
            UserError: there is too much of it.
        """
        raw = stream.read(self._left + 1)
        if len(raw) > self._left:
            raise UserError(f"this pack holds more than {MOST_BYTES // 1_000_000} MB")
        if packed is not None and len(raw) > _FEW_BYTES and len(raw) > MOST_RATIO * packed:
            raise UserError(f"`{_shown(name)}` is packed more than {MOST_RATIO} times: that is no text")
        self._left -= len(raw)
        self.read[name] = raw


def read_source(source: Path) -> dict[str, bytes]:
    """Return the files of a folder, a zip or a tar (plain or gzip), by their paths; one folder around all is left out.

    Raises:
        UserError: it cannot be read, or holds what no pack holds.
    """
    files = _Files()
    with _explained(source):
        if source.is_dir():
            _read_folder(source, files)
        elif not source.is_file():
            raise UserError("there is no such folder or archive")
        elif source.stat().st_size > MOST_BYTES:
            raise UserError(f"this archive is larger than {MOST_BYTES // 1_000_000} MB")
        else:
            _read_archive(source.read_bytes(), files)
    return _without_top(files.read)


@contextmanager
def _explained(source: Path) -> Iterator[None]:
    """Say of everything that goes wrong which source it is about."""
    try:
        yield
    except UserError as error:
        raise UserError(f"{_shown(str(source))}: {error}") from None
    except OSError as error:
        raise UserError(f"{_shown(str(source))}: cannot be read: {error.strerror or 'it is damaged'}") from error
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, ValueError, OverflowError) as error:
        said = "this is no zip or tar, or damaged, or its names are not in UTF-8"
        raise UserError(f"{_shown(str(source))}: {said}") from error
    except (NotImplementedError, RuntimeError) as error:  # how zipfile says that it does not know a way of packing
        raise UserError(f"{_shown(str(source))}: this archive is packed in a way that is not read") from error


def _read_folder(source: Path, files: _Files) -> None:
    def look_into(folder: Path) -> None:
        for path in sorted(folder.iterdir()):
            if path == source / ".git":
                continue
            mode = path.lstat().st_mode
            name = files.admit(path.relative_to(source).as_posix(), folder=stat.S_ISDIR(mode))
            _require_plain(name, mode)
            if stat.S_ISDIR(mode):
                look_into(path)
            else:
                with path.open("rb") as stream:
                    files.take(name, stream)

    look_into(source)


def _read_archive(raw: bytes, files: _Files) -> None:
    if raw.startswith(b"PK"):
        _read_zip(raw, files)
    elif raw.startswith(b"\x1f\x8b"):
        most = MOST_BYTES + (MOST_FILES + 2) * 3 * _TAR_BLOCK  # each file has a header, and is filled up to a block
        plain = gzip.GzipFile(fileobj=io.BytesIO(raw)).read(most + 1)
        if len(plain) > most:
            raise UserError(f"this pack holds more than {MOST_BYTES // 1_000_000} MB")
        _read_tar(plain, files)
    else:
        _read_tar(raw, files)


def _read_zip(raw: bytes, files: _Files) -> None:
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        for entry in archive.infolist():
            given = entry.orig_filename
            if not given.isascii() and not entry.flag_bits & _UTF8:
                raise UserError(f"`{_shown(given)}`: its name is not in UTF-8")
            name = files.admit(given, folder=entry.is_dir())
            _require_plain(name, entry.external_attr >> 16)
            if entry.flag_bits & _ENCRYPTED:
                raise UserError(f"`{_shown(name)}` is encrypted")
            if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise UserError(f"`{_shown(name)}` is packed in a way that is not read: make the zip with deflate")
            if not entry.is_dir():
                with archive.open(entry) as stream:
                    files.take(name, stream, packed=entry.compress_size)


def _read_tar(raw: bytes, files: _Files) -> None:
    with tarfile.open(fileobj=io.BytesIO(raw), mode="r:") as archive:
        while (entry := archive.next()) is not None:
            if entry.name in (".", "./") and entry.isdir():
                continue
            name = files.admit(entry.name, folder=entry.isdir())
            if entry.issym() or entry.islnk():
                raise UserError(f"`{_shown(name)}` is a link")
            if entry.isdir():
                continue
            stream = archive.extractfile(entry) if entry.isreg() and not entry.issparse() else None
            if stream is None:
                raise UserError(f"`{_shown(name)}` is no plain file")
            with stream:
                files.take(name, stream)


def _require_plain(name: str, mode: int) -> None:
    """Refuse what is neither a file nor a folder; an archive from elsewhere may give no mode."""
    kind = stat.S_IFMT(mode)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise UserError(f"`{_shown(name)}` is {_KINDS.get(kind, 'no plain file')}")


def _name_fault(name: str) -> str:
    """Say what is wrong with the path of a file in a pack, "" = nothing."""
    parts = name.removeprefix("./").rstrip("/").split("/")
    faults = (
        (any("\ud800" <= letter <= "\udfff" for letter in name), "has a name that is not in UTF-8"),
        (not name.isprintable(), "has a name with control characters"),
        ("\\" in name, "has a name with a backslash"),
        (name.startswith("/") or _DRIVE.match(name), "is an absolute path"),
        (".." in parts, "leads out of the pack"),
        ("" in parts or "." in parts, "is no path to a file"),
        (len(parts) > DEEPEST, f"lies deeper than {DEEPEST} names"),
        (len(name) > LONGEST, f"has a path of more than {LONGEST} characters"),
    )
    return next((fault for wrong, fault in faults if wrong), "")


def _without_top(files: dict[str, bytes]) -> dict[str, bytes]:
    """Leave out the one folder that archives often have around everything."""
    tops = {name.partition("/")[0] for name in files}
    if len(tops) != 1 or not all("/" in name for name in files):
        return files
    return {name.partition("/")[2]: raw for name, raw in files.items()}


def _shown(name: str) -> str:
    return shorten(one_line(name.encode("utf-8", "backslashreplace").decode()), 100)
