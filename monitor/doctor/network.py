"""The network around us: names, a sample of the feeds, the clock by what their servers say, and our own port."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from urllib.parse import urlsplit

from yarl import URL

from monitor.decide.health import Standing, health_of
from monitor.doctor.check import DEADLINE
from monitor.errors import MonitorError
from monitor.feeds.proxies import Proxies
from monitor.idle import hosts_without_auth
from monitor.model import Feed, FeedState
from monitor.notify.daemon_thread import in_daemon_thread
from monitor.notify.finding import Finding, fail, warn, well
from monitor.ports import Clock
from monitor.probe import Probe, probe
from monitor.setup import Setup
from monitor.text.plain import one_line, shorten

SAMPLE = 3  # feeds that are asked
NAMED = 5  # of those that fail
SLOW_NAME = 5.0  # seconds
WRONG, VERY_WRONG = timedelta(minutes=1), timedelta(hours=1)


async def look_at_names(setup: Setup, feeds: Iterable[Feed]) -> list[Finding]:
    """Look up the hosts of these feeds and of the mail server, as they will be; not those that a proxy looks up."""
    hosts = dict.fromkeys(host for feed in feeds if (host := _host(feed)))
    servers = [channel.smtp.host for channel in setup.channels.values() if channel.smtp and channel.type.needs_smtp]
    hosts.update(dict.fromkeys(host for host in servers if not _is_address(host)))
    found = await asyncio.gather(*(_look_up(host) for host in hosts))
    bad = [finding for finding in found if finding is not None]
    good = len(found) - len(bad)
    return [well(f"{good} of {len(found)} names are found: {_listed(list(hosts))}"), *bad] if good else bad


async def _look_up(host: str) -> Finding | None:
    shown, loop = shorten(one_line(host), 100), asyncio.get_running_loop()
    began = loop.time()
    try:
        async with asyncio.timeout(DEADLINE.total_seconds()):
            await in_daemon_thread(lambda: socket.getaddrinfo(host, None, type=socket.SOCK_STREAM))
    except TimeoutError:
        return fail(f"the name {shown} is looked up for too long", "check /etc/resolv.conf and the name server")
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "not a name"
        return fail(f"the name {shown} is not found: {reason}", "check its spelling, the network and the name server")
    if (took := loop.time() - began) > SLOW_NAME:
        return warn(f"the name {shown} takes {took:.0f} s to look up", "check /etc/resolv.conf: is a server dead?")
    return None


def choose_sample(feeds: Sequence[Feed], states: Iterable[FeedState], now: datetime) -> tuple[Feed, ...]:
    """Choose feeds to ask, each of another host: one that fails, if there is any, and others across the list."""
    failing = {state.url for state in states if health_of(state, now).standing is Standing.FAILING}
    hosts: dict[str, Feed] = {}
    for feed in sorted(feeds, key=lambda one: (one.url in failing, one.name)):
        hosts.setdefault(urlsplit(feed.url).hostname or feed.url, feed)
    well_ones = [feed for feed in hosts.values() if feed.url not in failing]
    chosen = [feed for feed in hosts.values() if feed.url in failing][:1]
    wanted = SAMPLE - len(chosen)
    step = max(1, -(-len(well_ones) // wanted))
    return (*chosen, *well_ones[::step][:wanted])


async def ask_feeds(
    feeds: Iterable[Feed], setup: Setup, clock: Clock, deadline: timedelta = DEADLINE
) -> list[tuple[Feed, Probe | None, str]]:
    """Poll each feed once, writing nothing; a feed without a probe has not answered, and the text says why."""
    return list(await asyncio.gather(*(_ask(feed, setup, clock, deadline) for feed in feeds)))


async def _ask(feed: Feed, setup: Setup, clock: Clock, deadline: timedelta) -> tuple[Feed, Probe | None, str]:
    try:
        async with asyncio.timeout(deadline.total_seconds()):
            return feed, await probe(feed, setup, clock), ""
    except TimeoutError:
        return feed, None, f"no answer within {deadline.total_seconds():g} s"
    except MonitorError as error:
        return feed, None, str(error)


def look_at_feeds(
    asked: Sequence[tuple[Feed, Probe | None, str]], states: Sequence[FeedState], now: datetime
) -> Iterator[Finding]:
    """Say how the feeds are: those that were asked, and what the store knows of all."""
    bad = 0
    for feed, found, reason in asked:
        cause = found.outcome.state.cause if found and found.outcome else None
        if found is not None and found.outcome is not None and cause is None:
            yield well(f"{feed.name}: {len(found.entries):,} entries in {found.fetch_seconds:.1f} s")
            continue
        bad += 1
        detail = reason if found is None or found.outcome is None else found.outcome.state.detail
        said = ": ".join(part for part in (feed.name, cause.value if cause else "", one_line(detail)) if part)
        yield warn(said, f"`monitor feeds check {feed.name}` shows every step")
    if bad and bad == len(asked) > 1:
        yield fail("none of the feeds that were asked can be read", "check the network and the proxy of this machine")
    failing = [state for state in states if health_of(state, now).standing is Standing.FAILING]
    if failing:
        named = _listed([f"{state.name} ({state.cause.value})" for state in failing if state.cause])
        yield warn(
            f"{len(failing):,} of {len(states):,} feeds fail: {named}", "`monitor feeds list --failing` says more"
        )
    elif states:
        yield well(f"none of {len(states):,} feeds fails")


def look_at_clock(asked: Iterable[tuple[Feed, Probe | None, str]]) -> Iterator[Finding]:
    """Compare the clock with what the servers of feeds said of theirs (RFC 9110, 6.6.1): the one that is nearest."""
    hops = [(found.hops[-1], found.fetched_at) for _, found, _ in asked if found and found.hops]
    differences = [clock_ahead(hop.date, hop.age, at) for hop, at in hops if at is not None]
    told = [difference for difference in differences if difference is not None]
    if not told:
        return
    nearest = min(told, key=abs)
    said = f"this clock is {abs(nearest.total_seconds()):,.0f} s {'ahead of' if nearest > timedelta() else 'behind'}"
    said += " that of a feed's server"
    if abs(nearest) > VERY_WRONG:
        yield fail(said, "let NTP set it: times of entries, quiet hours and TLS need it")
    elif abs(nearest) > WRONG:
        yield warn(said, "let NTP set it")
    else:
        yield well(said)


def look_at_port(setup: Setup, *, running: bool) -> Iterator[Finding]:
    """Say whether we can listen where hubs and recipients are to reach us; a daemon that runs does."""
    if setup.config.public_url:
        yield from _listening(setup.config.listen, fail, "name another one under `web: {listen: ...}`", running=running)


def look_at_console(setup: Setup, *, running: bool) -> Iterator[Finding]:
    """Say whether the console can be served where it should be; all else works without it."""
    if setup.config.console.listen is not None:
        hint = "name another one under `console: {listen: ...}`, or say `console: false`"
        yield from _listening(setup.config.console.listen, warn, hint, running=running)
    if hosts_without_auth(setup):
        names = _listed(setup.config.console.hosts)
        yield warn(
            f"whoever comes by {names} may do everything", "add `auth: {token: ${CONSOLE_TOKEN}}` under `console:`"
        )


def _listening(
    listen: tuple[str, int], bad: Callable[[str, str], Finding], hint: str, *, running: bool
) -> Iterator[Finding]:
    address, port = listen
    if not port:
        return
    place = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(where)
    except OSError as error:
        if error.errno == errno.EADDRINUSE and running:
            yield well(f"{place} is in use, and a daemon runs")
        else:
            yield bad(f"cannot listen at {place}: {error.strerror or 'unknown'}", hint)
    else:
        yield (
            warn(f"{place} is free, though a daemon runs", "does it run elsewhere?")
            if running
            else well(f"{place} is free")
        )


def clock_ahead(date: str, age: str, now: datetime) -> timedelta | None:
    """Return how far `now` is ahead of an answer's date; what comes out of a cache is older by its age."""
    with suppress(ValueError, OverflowError):
        told = parsedate_to_datetime(date)
        told = told if told.tzinfo else told.replace(tzinfo=UTC)
        return now - told - timedelta(seconds=int(age or 0))
    return None


def _host(feed: Feed) -> str:
    """Return the host that has to be looked up for a feed, "" = none."""
    host = urlsplit(feed.url).hostname or ""
    if not feed.url.startswith(("http://", "https://")) or feed.proxy is not None or _is_address(host):
        return ""
    return "" if Proxies().choose(URL(feed.url)) else host


def _is_address(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    return shorten(one_line(", ".join(names[:NAMED])), 300) + more
