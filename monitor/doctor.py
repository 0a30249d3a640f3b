"""Look whether all that a configuration needs is there and works; nothing is changed, and nothing is sent."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from monitor.errors import MonitorError, NotFoundError, StoreError
from monitor.notify.channel import ChannelContext, ConfiguredChannel
from monitor.notify.channels import open_channels
from monitor.notify.finding import Finding, Mark, fail, warn, well
from monitor.ports import Clock
from monitor.setup import Inspection, Setup, inspect_setup
from monitor.store.sql_store import open_existing_store, state_file

DEADLINE = timedelta(seconds=15)  # of one channel's checks
LITTLE_ROOM, TOO_LITTLE_ROOM = 1_000_000_000, 50_000_000  # bytes
ALIVE = timedelta(seconds=90)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One line of the doctor's report."""

    area: str  # "configuration", "store", "channel desk"
    mark: Mark
    text: str
    todo: str = ""


async def examine(file: Path, clock: Clock, *, offline: bool = False) -> tuple[Check, ...]:
    """Check everything that can be checked; `offline` leaves out what asks others."""
    found = inspect_setup(file, today=clock().date())
    checks = [*_of("configuration", _configuration(found))]
    setup = found.setup
    if setup is None:
        return tuple(checks)
    checks += _of("configuration", _plan(setup))
    store = await asyncio.to_thread(lambda: list(_store(setup, clock)))
    checks += _of("store", store)
    looks = (_channel(name, channel, clock, offline=offline) for name, channel in setup.channels.items())
    for name, findings in zip(setup.channels, await asyncio.gather(*looks), strict=True):
        checks += _of(f"channel {name}", findings)
    return tuple(checks)


def _of(area: str, findings: Iterable[Finding]) -> Iterator[Check]:
    return (Check(area=area, mark=each.mark, text=each.text, todo=each.todo) for each in findings)


def _configuration(found: Inspection) -> Iterator[Finding]:
    if found.mistakes:
        count = f"{len(found.mistakes)} mistake{'' if len(found.mistakes) == 1 else 's'}"
        yield fail(f"{count}, the first: {found.mistakes[0]}", "`monitor check` shows them all")
    if found.warnings:
        count = f"{len(found.warnings)} warning{'' if len(found.warnings) == 1 else 's'}"
        yield warn(f"{count}, the first: {found.warnings[0]}", "`monitor check` shows them all")
    if found.setup is not None and not found.mistakes:
        setup = found.setup
        counts = f"{len(setup.config.feeds)} feeds, {len(setup.ruleset.rules)} rules, {len(setup.channels)} channels"
        yield well(f"the files are right: {counts}; every secret that they refer to is set")


def _plan(setup: Setup) -> Iterator[Finding]:
    """Look for what nothing forces anybody to write, and everybody misses once."""
    config = setup.config
    if len(setup.channels) == 1:
        yield warn(
            "there is one channel: when it breaks, nobody can be told",
            "add a second one, such as an e-mail address, and name it under `ops: {notify: [...]}`",
        )
    elif not config.ops_notify:
        yield warn("nobody is named who hears of refused files", "name a channel under `ops: {notify: [...]}`")
    if config.heartbeat.ping is None:
        yield warn(
            "nobody would notice that this program has died",
            "let somebody wait for its pings: `heartbeat: {ping: ...}`",
        )
    mails = any(channel.type.recipients(channel.settings) for channel in setup.channels.values())
    if mails and not config.public_url:
        yield warn(
            "mails have no link to unsubscribe",
            "set `web: {public_url: ...}`, where recipients reach this program",
        )


def _store(setup: Setup, clock: Clock) -> Iterator[Finding]:
    file = state_file(setup.config.store)
    if file is not None:
        yield from _room(file)
    try:
        store = open_existing_store(setup.config.store)
    except NotFoundError as error:
        yield warn(str(error))
        return
    except MonitorError as error:
        yield fail(str(error), "check `store`, its server and its password")
        return
    try:
        store.try_writing()
        nodes = store.status().nodes
    except StoreError as error:
        yield fail(str(error), "check the disk, and who owns the file")
        return
    finally:
        store.close()
    yield well("it can be read and written")
    alive = [node for node in nodes if clock() - node.beat_at < ALIVE]
    yield well(f"running: {alive[0].name}") if alive else warn("no daemon runs", "start one: `monitor run`")


def _room(file: Path) -> Iterator[Finding]:
    folder = next(each for each in file.absolute().parents if each.exists())
    if not os.access(folder, os.W_OK | os.X_OK):
        yield fail(f"{folder} cannot be written", "check the folder's owner")
    free = shutil.disk_usage(folder).free
    left = f"{free / 1e9:.1f} GB are left on the disk of {folder}"
    if free < TOO_LITTLE_ROOM:
        yield fail(left, "make room")
    elif free < LITTLE_ROOM:
        yield warn(left, "make room")
    else:
        yield well(left)


async def _channel(name: str, channel: ConfiguredChannel, clock: Clock, *, offline: bool) -> list[Finding]:
    notifier = open_channels({name: channel}, clock=clock, deadline=DEADLINE)[name]
    findings = [well(f"{channel.type.name}, {notifier.guarantee}")]
    await notifier.close()
    findings += [warn(*each) for each in channel.type.lacks(channel.settings)]
    if channel.type.check is not None and not offline:
        context = ChannelContext(name=name, clock=clock, smtp=channel.smtp, deadline=DEADLINE)
        findings += await channel.type.check(channel.settings, context)
    return findings
