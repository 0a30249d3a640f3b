"""The `feeds:` sections of all files: each feed checked, references resolved, twins refused."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from monitor.config.feed_options import read_login, read_proxy
from monitor.config.models import FeedSettings, PollSettings
from monitor.document import Document, Loc, validate
from monitor.errors import Problem
from monitor.model import Backlog, Feed
from monitor.secret import Secret, has_reference, resolve_references

_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]*")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.1
_SECRET_HEADER = re.compile(r"auth|cookie|key|passw|secret|token", re.IGNORECASE)
_LITERAL = "a secret must not stand in this file"
_BY_REFERENCE = "write ${NAME}, and set NAME in the environment or .env"
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")  # and the halves of pairs that stand for bytes in an environment
_UNUSABLE_IN_URL = re.compile(rf"\s|{_CONTROL.pattern}")


@dataclass(frozen=True, slots=True)
class _Written:
    """One feed as it stands in a file."""

    document: Document
    name: str

    @property
    def place(self) -> str:
        """Name its place as file:line."""
        span = self.document.key_spans.get(("feeds", self.name))
        return f"{self.document.file}:{span.line + 1}" if span else self.document.file

    def problem(self, message: str, hint: str = "") -> Problem:
        return self.document.problem(("feeds", self.name), message, hint, at_key=True)

    def problem_in(self, loc: Sequence[str], message: str, hint: str = "", *, at_key: bool = False) -> Problem:
        return self.document.problem(("feeds", self.name, *loc), message, hint, at_key=at_key)


def load_feeds(
    documents: Sequence[Document],
    *,
    env: Mapping[str, str],
    folder: Path,
    allow_folders: Sequence[Path],
    poll: PollSettings,
    backlog: Backlog,
) -> tuple[tuple[Feed, ...], list[Problem]]:
    """Make feeds of every document's `feeds`, in the order of the files; the first document is the main one.

    `env` is what `${NAME}` refers to; `folder` is what `file:` URLs are relative to, and `allow_folders` is where their
    files may lie; `poll` and `backlog` hold for feeds that say nothing else. A feed whose URL cannot be used is left
    out.
    """
    loader = _Loader(main=documents[0], env=env, folder=folder, allow_folders=allow_folders)
    feeds: list[Feed] = []
    for written in loader.names(documents):
        loader.refuse_literals(written)
        settings, problems = validate(written.document, FeedSettings, ("feeds", written.name))
        loader.problems += problems
        if settings is None:
            loader.look_at_url(written)
            continue
        feed = _feed(written, settings, loader, settings.poll or poll, settings.backlog or backlog)
        if feed is not None:
            feeds.append(feed)
    return tuple(feeds), loader.blotted()


def _feed(
    written: _Written, settings: FeedSettings, loader: _Loader, pace: PollSettings, backlog: Backlog
) -> Feed | None:
    """Make a feed of what stands in a file; None = its URL cannot be used, which the loader has noted."""
    url = loader.url(written, settings.url.strip())
    headers = tuple(loader.headers(written, settings.headers))
    login = tuple(read_login(written, settings, loader))
    proxy = read_proxy(written, settings.proxy, loader)
    if url is None:
        return None
    return Feed(
        name=written.name,
        url=url,
        poll=pace.every,
        poll_min=pace.min,
        poll_max=pace.max,
        language=settings.lang,
        country=settings.country,
        tags=tuple(settings.tags),
        headers=headers + login,
        user_agent=settings.user_agent,
        proxy=proxy,
        timeout=settings.timeout,
        backlog=backlog,
        identity=settings.identity,
        fulltext=settings.fulltext,
    )


class _Loader:
    """Check the parts of feeds, and collect the problems."""

    def __init__(self, *, main: Document, env: Mapping[str, str], folder: Path, allow_folders: Sequence[Path]) -> None:
        self.problems: list[Problem] = []
        self._main = main
        self.env = env
        self._folder = folder
        self._allow_folders = allow_folders
        self._by_url: dict[str, _Written] = {}
        self._literals: dict[str, tuple[Document, list[Loc]]] = {}  # by file: secrets that are written out

    def refuse_literals(self, written: _Written) -> None:
        """Note every secret of a feed that is written out, where a reference should be."""
        for path in _literal_secrets(written):
            self.problems.append(written.document.problem(path, _LITERAL, _BY_REFERENCE))
            self._literals.setdefault(written.document.file, (written.document, []))[1].append(path)

    def look_at_url(self, written: _Written) -> None:
        """Complain of the URL of a feed whose options are wrong: both are told at once."""
        given = written.document.value["feeds"][written.name]
        if isinstance(given, dict) and isinstance(url := given.get("url"), str):
            self.url(written, url.strip())

    def blotted(self) -> list[Problem]:
        """Return the problems; no source line among them shows a secret that is written out."""
        found = [(problem, self._literals.get(problem.file)) for problem in self.problems]
        return [literals[0].blot(problem, literals[1]) if literals else problem for problem, literals in found]

    def names(self, documents: Sequence[Document]) -> Iterator[_Written]:
        """Yield each feed of each document; names are checked, and each comes once."""
        first: dict[str, _Written] = {}
        for document in documents:
            section = document.value.get("feeds") if isinstance(document.value, dict) else None
            if section is None:
                continue
            if not isinstance(section, dict):
                hint = "write a line `name: https://…` for each feed"
                self.problems.append(document.problem(("feeds",), "this should be a mapping of names to URLs", hint))
                continue
            for name in section:
                written = _Written(document, name)
                self._check_name(written)
                earlier = first.setdefault(name, written)
                if earlier is written:
                    yield written
                else:
                    message = f"feed `{name}` stands in {earlier.place} already"
                    self.problems.append(written.problem(message, "give one of them another name"))

    def _check_name(self, written: _Written) -> None:
        if _NAME.fullmatch(written.name):
            return
        mended = re.sub(r"[^a-z0-9_.-]+", "-", written.name.lower()).strip("-_.")
        hint = f"did you mean `{mended}`?" if mended else ""
        self.problems.append(written.problem("a feed's name is made of a-z, 0-9, `-`, `_` and `.`", hint))

    def url(self, written: _Written, text: str) -> str | None:
        """Return the URL with its references resolved, or note why it is none; no problem's text holds a part of it."""
        try:
            url = resolve_references(text, self.env)
        except ValueError as error:
            self.problems.append(written.problem_in(("url",), str(error)))
            return None
        found = self._file_url(written, url) if url[:5].lower() == "file:" else _web_url(written, url)
        if isinstance(found, Problem):
            self.problems.append(found)
            return None
        earlier = self._by_url.setdefault(found, written)
        if earlier is not written:
            message = f"feed `{earlier.name}` in {earlier.place} has the same URL"
            self.problems.append(written.problem(message, "remove one of them"))
        return found

    def _file_url(self, written: _Written, url: str) -> str | Problem:
        if written.document is not self._main:
            hint = f"move this feed to {self._main.file}"
            return written.problem_in(("url",), "only the main file may name `file:` feeds", hint)
        name = _file_name(url)
        if name is None:
            return written.problem_in(("url",), "this names no file", "write it like `file:folder/feed.xml`")
        path = Path(os.path.realpath(self._folder / name))  # not Path.resolve: it raises for a circle of links
        if not any(path.is_relative_to(folder) for folder in self._allow_folders):
            hint = "name the file's folder there: `allow_files: [folder]`"
            return written.problem_in(("url",), "this file lies outside the folders of `allow_files`", hint)
        return path.as_uri()

    def headers(self, written: _Written, texts: Mapping[str, str]) -> Iterator[tuple[str, Secret]]:
        """Yield the usable headers with their references resolved, and note why the others are not."""
        for name, text in texts.items():
            if not _HEADER_NAME.fullmatch(name):
                message = "this is no name of an HTTP header"
                self.problems.append(written.problem_in(("headers", name), message, at_key=True))
            try:
                value = resolve_references(text, self.env)
            except ValueError as error:
                self.problems.append(written.problem_in(("headers", name), str(error)))
                continue
            if _CONTROL.search(value):
                message = f"the value of header `{name}` holds a line end or control character"
                self.problems.append(written.problem_in(("headers", name), message, "an HTTP header is one line"))
            yield name, Secret(value)


def _literal_secrets(written: _Written) -> Iterator[Loc]:
    """Yield the places of secrets that a feed writes out: passwords, cookies, values of headers that say who asks.

    It looks at what was written before that is validated.
    """
    given = written.document.value["feeds"][written.name]
    options = given if isinstance(given, dict) else {"url": given}
    base: Loc = ("feeds", written.name)
    for key in ("url", "proxy"):
        url = options.get(key)
        if isinstance(url, str) and has_password(url):
            yield (*base, key) if isinstance(given, dict) else base
    for key, is_secret in (
        ("headers", _SECRET_HEADER.search),
        ("cookies", bool),
        ("auth", "password".__eq__),
    ):
        named = options.get(key)
        for name, value in named.items() if isinstance(named, dict) else ():
            if isinstance(value, str) and value and is_secret(name) and not has_reference(value):
                yield (*base, key, name)


def has_password(url: str) -> bool:
    """Say whether a password is written out in a URL: `https://user:password@host`."""
    login = url.partition("://")[2].partition("/")[0].rpartition("@")[0]
    password = login.partition(":")[2]
    return bool(password) and not has_reference(password)


def is_web_url(url: str) -> bool:
    """Say whether a URL is one that a feed can be fetched from, whole and with nothing around it."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(host) and port != 0 and not _UNUSABLE_IN_URL.search(url)


def _web_url(written: _Written, url: str) -> str | Problem:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:  # its text quotes the URL
        return written.problem_in(("url",), "this is not a URL", "look at its host and port")
    if is_web_url(url):
        return url
    hint = "put `https://` before it" if not parts.scheme and "." in url else ""
    return written.problem_in(("url",), "a feed's URL begins with https:// or http:// and holds no blank", hint)


def _file_name(url: str) -> str | None:
    """Return the path in a `file:` URL, relative or not; None = there is none, or more than that."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    name = unquote(parts.path)
    usable = name and parts.netloc in ("", "localhost") and not parts.query and not parts.fragment
    return name if usable and not _CONTROL.search(name) else None
