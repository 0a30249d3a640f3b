"""Archives that anybody may have made: read whole, or refused with the reason; never unpacked, never followed."""

from __future__ import annotations

import gzip
import io
import os
import stat
import struct
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import UserError
from monitor.packs.source import MOST_BYTES, MOST_FILES, read_source

GOOD = {"pack.yaml": b"name: x\n", "rules/a.yaml": b"rules: {}\n"}
ZIP_BOMB = b"0" * 2_000_000


def zipped(files: dict[str, bytes], *, mode: int = 0, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, raw in files.items():
            entry = zipfile.ZipInfo(name)
            entry.filename = name  # as it is: ZipInfo cuts at NUL
            entry.compress_type = method
            entry.external_attr = mode << 16
            archive.writestr(entry, raw)
    return out.getvalue()


def tarred(*entries: tarfile.TarInfo | tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for each in entries:
            info, raw = (each, b"") if isinstance(each, tarfile.TarInfo) else (tarfile.TarInfo(each[0]), each[1])
            if raw:
                info.size = len(raw)
            archive.addfile(info, io.BytesIO(raw))
    return out.getvalue()


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def read(folder: Path, raw: bytes) -> dict[str, bytes]:
    (folder / "pack.bin").write_bytes(raw)
    return read_source(folder / "pack.bin")


def refusal(folder: Path, raw: bytes) -> str:
    with pytest.raises(UserError) as caught:
        read(folder, raw)
    return str(caught.value).removeprefix(f"{folder}/pack.bin: ")


@pytest.mark.parametrize("top", ["", "sanctions-main/"])
def test_a_pack_is_the_same_as_folder_zip_and_tar(tmp_path: Path, top: str) -> None:
    packed = {top + name: raw for name, raw in GOOD.items()}
    tar = tarred(*packed.items())
    for raw in (zipped(packed), zipped(packed, method=zipfile.ZIP_STORED), tar, gzip.compress(tar)):
        assert read(tmp_path, raw) == GOOD
    for name, raw in packed.items():
        (tmp_path / "folder" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "folder" / name).write_bytes(raw)
    (tmp_path / "folder" / ".git").mkdir()
    (tmp_path / "folder" / ".git" / "HEAD").write_text("x")
    assert read_source(tmp_path / "folder") == GOOD


def test_what_tar_and_zip_write_of_a_folder_is_read(tmp_path: Path) -> None:
    folder = tarfile.TarInfo("./rules/")
    folder.type = tarfile.DIRTYPE
    assert read(
        tmp_path, tarred(special(".", tarfile.DIRTYPE), folder, ("./rules/a.yaml", b"x"), ("./pack.yaml", b"y"))
    )
    assert read(tmp_path, zipped({"rules/": b"", "rules/a.yaml": b"x", "pack.yaml": b"y"}))


BAD_NAMES = {
    "../escape.yaml": "`../escape.yaml` leads out of the pack",
    "rules/../../escape.yaml": "`rules/../../escape.yaml` leads out of the pack",
    "/etc/cron.d/x": "`/etc/cron.d/x` is an absolute path",
    "C:/x.yaml": "`C:/x.yaml` is an absolute path",
    "rules\\x.yaml": "`rules\\x.yaml` has a name with a backslash",
    "rules//x.yaml": "`rules//x.yaml` is no path to a file",
    "rules/./x.yaml": "`rules/./x.yaml` is no path to a file",
    "rules/\x1b[2J.yaml": "has a name with control characters",
    "a/b/c/d/e.yaml": "`a/b/c/d/e.yaml` lies deeper than 4 names",
    "rules/" + "x" * 150: "has a path of more than 150 characters",
}


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    for raw in (zipped({name: b"x"}), tarred((name, b"x"))):
        assert BAD_NAMES[name] in refusal(tmp_path, raw)
        assert "\x1b" not in refusal(tmp_path, raw)
    assert list(tmp_path.iterdir()) == [tmp_path / "pack.bin"]


def test_a_name_with_a_nul_is_refused(tmp_path: Path) -> None:
    raw = zipped({"rules/xNy.yaml": b"x"}).replace(b"xNy", b"x\0y")
    assert "control characters" in refusal(tmp_path, raw)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (special("rules/a.yaml", tarfile.SYMTYPE, "/etc/passwd"), "`rules/a.yaml` is a link"),
        (special("rules/a.yaml", tarfile.LNKTYPE, "pack.yaml"), "`rules/a.yaml` is a link"),
        (special("rules/a.yaml", tarfile.CHRTYPE), "`rules/a.yaml` is no plain file"),
        (special("rules/a.yaml", tarfile.FIFOTYPE), "`rules/a.yaml` is no plain file"),
    ],
    ids=["symlink", "hard-link", "device", "pipe"],
)
def test_a_tar_with_anything_but_files_is_refused(tmp_path: Path, entry: tarfile.TarInfo, said: str) -> None:
    assert refusal(tmp_path, tarred(entry)) == said


@pytest.mark.parametrize(
    ("mode", "said"),
    [(stat.S_IFLNK, "is a link"), (stat.S_IFBLK, "is a device"), (stat.S_IFIFO, "is a pipe"), (stat.S_IFSOCK, "is no plain file")],
)  # fmt: skip
def test_a_zip_with_anything_but_files_is_refused(tmp_path: Path, mode: int, said: str) -> None:
    assert refusal(tmp_path, zipped({"rules/a.yaml": b"/etc/passwd"}, mode=mode | 0o644)) == f"`rules/a.yaml` {said}"


def test_a_folder_with_links_and_pipes_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "pack"
    (folder / "rules").mkdir(parents=True)
    (folder / "rules" / "a.yaml").symlink_to("/etc/passwd")
    with pytest.raises(UserError, match=r"`rules/a\.yaml` is a link"):
        read_source(folder)
    (folder / "rules" / "a.yaml").unlink()
    os.mkfifo(folder / "rules" / "a.yaml")
    with pytest.raises(UserError, match=r"`rules/a\.yaml` is a pipe"):
        read_source(folder)


def test_a_file_that_stands_there_twice_or_differs_in_case_alone_is_refused(tmp_path: Path) -> None:
    twice = tarred(("rules/a.yaml", b"good"), ("rules/a.yaml", b"bad"))
    assert refusal(tmp_path, twice) == "`rules/a.yaml` stands there twice"
    for other in ("rules/A.yaml", "Rules/b.yaml"):
        both = tarred(("rules/a.yaml", b"x"), (other, b"y"))
        assert "differ in case or accents alone" in refusal(tmp_path, both)
    composed = tarred(("rules/\u00e9.yaml", b"x"), ("rules/e\u0301.yaml", b"y"))
    assert "differ in case or accents alone" in refusal(tmp_path, composed)


def test_names_that_are_no_utf_8_are_refused(tmp_path: Path) -> None:
    raw = tarred(("rules/xyz.yaml", b"x")).replace(b"rules/xyz", b"rules/x\xffz")
    block = bytearray(raw[:512])
    block[148:156] = b" " * 8
    block[148:156] = f"{sum(block):06o}\0 ".encode()
    assert "has a name that is not in UTF-8" in refusal(tmp_path, bytes(block) + raw[512:])
    assert "its name is not in UTF-8" in refusal(tmp_path, zipped({"rules/xyz": b"x"}).replace(b"xyz", b"x\xe9z"))


def test_bombs_end_at_their_limit(tmp_path: Path) -> None:
    assert "is packed more than 200 times" in refusal(tmp_path, zipped({"rules/a.yaml": ZIP_BOMB}))
    large = os.urandom(1000) * (MOST_BYTES // 1000 + 1)
    assert refusal(tmp_path, zipped({"rules/a.yaml": large})).startswith("this pack holds more than 5 MB")
    assert refusal(tmp_path, gzip.compress(b"\0" * (MOST_BYTES * 4))) == "this pack holds more than 5 MB"
    assert refusal(tmp_path, os.urandom(MOST_BYTES + 1)) == "this archive is larger than 5 MB"
    many = {f"rules/{number}.yaml": b"" for number in range(MOST_FILES + 1)}
    assert refusal(tmp_path, zipped(many)) == "this pack holds more than 200 files"
    assert refusal(tmp_path, tarred(*many.items())) == "this pack holds more than 200 files"
    folder = tmp_path / "large"
    folder.mkdir()
    with (folder / "pack.yaml").open("wb") as file:
        file.truncate(MOST_BYTES + 1)  # a hole: it takes no room
    with pytest.raises(UserError, match="more than 5 MB"):
        read_source(folder)


def test_a_zip_whose_entries_lie_over_one_another_holds_no_more_than_its_limit(tmp_path: Path) -> None:
    """One packed body named by many entries, as in a non-recursive bomb."""
    raw = zipped({"rules/a.yaml": os.urandom(1000) * 900})
    directory = raw.index(b"PK\x01\x02")
    end = raw.index(b"PK\x05\x06")
    entry, count = raw[directory:end], 50
    entries = b"".join(entry.replace(b"rules/a.yaml", f"rules/{n:06}".encode()) for n in range(count))
    tail = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, count, count, len(entries), directory, 0)
    assert refusal(tmp_path, raw[:directory] + entries + tail)  # the names differ inside, or there is too much


def test_ways_of_packing_that_are_not_read_are_said(tmp_path: Path) -> None:
    assert "is packed in a way that is not read" in refusal(tmp_path, zipped({"a": b"x"}, method=zipfile.ZIP_BZIP2))
    raw = bytearray(zipped({"rules/a.yaml": b"x"}))
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    assert refusal(tmp_path, bytes(raw)) == "`rules/a.yaml` is encrypted"


def test_what_is_no_archive_is_said(tmp_path: Path) -> None:
    damaged = "this is no zip or tar, or damaged, or its names are not in UTF-8"
    for raw in (b"", b"PK", b"PK\x03\x04 and no more", b"\x1f\x8b\x08\0nothing", b"text", zipped(GOOD)[:-30]):
        assert refusal(tmp_path, raw) == damaged
    (tmp_path / "pack.bin").unlink()
    for source in (tmp_path / "pack.bin", Path("/dev/null")):
        with pytest.raises(UserError, match="there is no such folder or archive"):
            read_source(source)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_damaged_archive_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    tar = tarred(*GOOD.items())
    raw = bytearray(data.draw(st.sampled_from([zipped(GOOD), tar, gzip.compress(tar)])))
    for at in data.draw(st.lists(st.integers(0, len(raw) - 1), max_size=5)):
        raw[at] = data.draw(st.integers(0, 255))
    file = tmp_path_factory.getbasetemp() / "damaged.bin"
    file.write_bytes(bytes(raw)[: data.draw(st.integers(1, len(raw)))])
    try:
        files = read_source(file)
    except UserError:
        return
    assert not [name for name in files if name.startswith("/") or ".." in name.split("/")]
