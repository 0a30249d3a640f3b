"""Look at everything, one area after another, those that wait for others at once."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from monitor.config.origins import Setting, settings_of
from monitor.doctor.check import DEADLINE, LAST_DEADLINE, Check, checks_of, within
from monitor.doctor.network import (
    ask_feeds,
    choose_sample,
    look_at_clock,
    look_at_console,
    look_at_feeds,
    look_at_names,
    look_at_port,
)
from monitor.doctor.secrets import look_at_secrets
from monitor.doctor.state import StateLook, look_at_state
from monitor.model import FeedState
from monitor.notify.channel import ChannelContext, ConfiguredChannel
from monitor.notify.channels import open_channels
from monitor.notify.daemon_thread import in_daemon_thread
from monitor.notify.finding import Finding, fail, warn, well
from monitor.ports import Clock
from monitor.setup import Inspection, Setup, inspect_setup


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was found, and which settings hold; there are none where the files cannot be read."""

    checks: tuple[Check, ...]
    settings: tuple[Setting, ...] = ()


async def examine(
    file: Path,
    clock: Clock,
    *,
    offline: bool = False,
    env: Mapping[str, str] = os.environ,
    flags: Collection[str] = (),
) -> Report:
    """Check everything that can be checked; `offline` leaves out what asks others.

    `flags` are the settings, `config` or `store`, that were given on the command line.
    """
    found = inspect_setup(file, today=clock().date(), env=env)
    checks = checks_of("configuration", _configuration(found))
    setup = found.setup
    if setup is None:
        return Report(checks=tuple(checks))
    checks += checks_of("configuration", _plan(setup))
    checks += checks_of("secrets", look_at_secrets(setup.config, env))
    state = await _state(setup, clock)
    checks += checks_of("store", state.findings)
    checks += checks_of("web", look_at_port(setup, running=bool(state.alive)))
    checks += checks_of("console", look_at_console(setup, running=bool(state.alive)))
    network, channels = await asyncio.gather(
        _network(setup, state.feeds, clock, offline=offline), _channels(setup, clock, offline=offline)
    )
    settings = settings_of(setup.config, env=env, flags=flags)
    return Report(checks=(*checks, *network, *channels), settings=settings)


def _configuration(found: Inspection) -> Iterator[Finding]:
    if found.mistakes:
        count = f"{len(found.mistakes)} mistake{'' if len(found.mistakes) == 1 else 's'}"
        yield fail(f"{count}, the first: {found.mistakes[0]}", "`monitor check` shows them all")
    if found.warnings:
        count = f"{len(found.warnings)} warning{'' if len(found.warnings) == 1 else 's'}"
        yield warn(f"{count}, the first: {found.warnings[0]}", "`monitor check` shows them all")
    if found.setup is not None and not found.mistakes:
        setup = found.setup
        nouns = {"feed": setup.config.feeds, "rule": setup.ruleset.rules, "channel": setup.channels}
        counts = ", ".join(f"{len(each):,} {noun}{'' if len(each) == 1 else 's'}" for noun, each in nouns.items())
        yield well(f"the files are right: {counts}; every secret that they refer to is set")


def _plan(setup: Setup) -> Iterator[Finding]:
    """Look for what nothing forces anybody to write, and everybody misses once."""
    config = setup.config
    if not config.feeds:
        yield warn("there are no feeds: nothing is read", "add one: `monitor feeds add URL --write`")
    if not setup.ruleset.rules:
        yield warn("there are no rules: nothing is found", "write one under `rules:`; docs/rules.md has examples")
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


async def _state(setup: Setup, clock: Clock) -> StateLook:
    """Look at the store on a thread that may be left behind: a server may hang, or a disk."""
    try:
        async with asyncio.timeout(LAST_DEADLINE.total_seconds()):
            return await in_daemon_thread(lambda: look_at_state(setup.config.store, clock))
    except TimeoutError:
        seconds = f"{LAST_DEADLINE.total_seconds():.0f} s"
        return StateLook(findings=[fail(f"no answer within {seconds}", "check the database server, or the disk")])


async def _network(setup: Setup, states: Sequence[FeedState], clock: Clock, *, offline: bool) -> list[Check]:
    """Look at names, feeds and clock; offline, only at what the store knows of the feeds."""
    sample = () if offline else choose_sample(setup.config.feeds, states, clock())
    names = [] if offline else await within(look_at_names(setup, sample))
    asked = await ask_feeds(sample, setup, clock)
    return [
        *checks_of("names", names),
        *checks_of("clock", look_at_clock(asked)),
        *checks_of("feeds", look_at_feeds(asked, states, clock())),
    ]


async def _channels(setup: Setup, clock: Clock, *, offline: bool) -> list[Check]:
    looks = (within(_channel(name, one, clock, offline=offline)) for name, one in setup.channels.items())
    found = await asyncio.gather(*looks)
    return [
        check
        for name, findings in zip(setup.channels, found, strict=True)
        for check in checks_of(f"channel {name}", findings)
    ]


async def _channel(name: str, channel: ConfiguredChannel, clock: Clock, *, offline: bool) -> list[Finding]:
    notifier = open_channels({name: channel}, clock=clock, deadline=DEADLINE)[name]
    findings = [well(f"{channel.type.name}, {notifier.guarantee}")]
    await notifier.close()
    findings += [warn(*each) for each in channel.type.lacks(channel.settings)]
    if channel.type.check is not None and not offline:
        context = ChannelContext(name=name, clock=clock, smtp=channel.smtp, deadline=DEADLINE)
        findings += await channel.type.check(channel.settings, context)
    return findings
