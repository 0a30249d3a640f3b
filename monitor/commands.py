"""What somebody writes behind `/monitor`: done, and answered in plain text."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from datetime import timedelta

from monitor import acts
from monitor.decide.mutes import what_is_muted
from monitor.document import did_you_mean
from monitor.errors import NotFoundError, UserError
from monitor.model import Entry
from monitor.pipeline import Doors, Live
from monitor.ports import StatusReport
from monitor.rules.misses import nearest_misses
from monitor.text.duration import parse_duration
from monitor.text.plain import clean, one_line, shorten

MUTE = timedelta(hours=24)
ROW_LIMIT = 220
MOST_ROWS = 30
MOST_SHOWN = 5  # rules, feeds, mutes, each
HELP = """\
status: feeds, messages, and what is held
mute rule NAME | feed NAME | story ID [24h] [reason]: what comes is recorded, and not told
mutes: what is muted
unmute ID: end a mute before its time
try TEXT: which rules match a text, and why
help: this"""

Act = Callable[..., Awaitable[str]]


async def obey(text: str, act: Act, doors: Doors, live: Live) -> str:
    """Do what a command says, and return what to answer; `act` does one of the acts in that person's name.

    Raises:
        UserError: it cannot be done, and why.
        StoreUnavailableError: nothing was done.
    """
    verb, _, rest = text.strip().partition(" ")
    commands: dict[str, Callable[[str], Awaitable[str]]] = {
        "status": lambda _: _status(doors),
        "mute": lambda rest: _mute(rest.split(), act, doors, live),
        "mutes": lambda _: _mutes(doors),
        "unmute": lambda rest: _unmute(rest, act),
        "try": lambda rest: _try(rest, doors, live),
    }
    if verb.lower() in commands:
        return await commands[verb.lower()](rest)
    if verb.lower() in ("help", ""):
        return HELP
    hint = did_you_mean(verb, [*commands, "help"])
    return f"There is no command {shorten(one_line(verb), 40)}" + (f": {hint}" if hint else "") + f"\n{HELP}"


def sentence(text: str) -> str:
    """Begin with a capital and end with a full stop."""
    shown = text[:1].upper() + text[1:]
    return shown if shown.endswith((".", "!", "?")) else f"{shown}."


# -- mutes -------------------------------------------------------------------------------------------------------------


async def _mute(words: list[str], act: Act, doors: Doors, live: Live) -> str:
    if len(words) < 2:  # noqa: PLR2004 - what kind of thing, and which
        raise UserError("say what: mute rule NAME, mute feed NAME or mute story ID, then 24h and a reason if you like")
    kind, name, *rest = words
    lasts = MUTE
    if rest:
        with suppress(ValueError):  # else the reason begins here
            lasts = parse_duration(rest[0])
            rest = rest[1:]
    what = {kind: await _named(kind, name, doors, live)}
    said = await act(acts.mute, until=doors.clock() + lasts, reason=" ".join(rest) or "muted in Slack", **what)
    return sentence(said)


async def _unmute(mute: str, act: Act) -> str:
    return sentence(await act(acts.unmute, mute.strip()))


async def _named(kind: str, name: str, doors: Doors, live: Live) -> str:
    """Check that there is such a rule, feed or story; return its whole name.

    Raises:
        UserError: there is none.
    """
    known: Collection[str]
    match kind:
        case "rule":
            known = live.ruleset.rules
        case "feed":
            known = [feed.name for feed in live.feeds.values()]
        case "story":
            return await _story(name, doors)
        case _:
            raise UserError(f"`{shorten(one_line(kind), 40)}` cannot be muted: a rule, a feed or a story can")
    if name in known:
        return name
    hint = did_you_mean(name, known)
    raise NotFoundError(f"no {kind} `{shorten(one_line(name), 60)}`" + (f": {hint}" if hint else ""))


async def _story(prefix: str, doors: Doors) -> str:
    store = doors.store
    found = await doors.in_store(store.find_entries, prefix.lower()) if prefix.isalnum() else ()
    records = [await doors.in_store(store.entry_record, each) for each in found]
    stories = {record.story.id for record in records if record and record.story}
    if len(stories) != 1:
        raise NotFoundError(f"no one story `{shorten(one_line(prefix), 40)}`: give the id of an alert or an entry")
    return stories.pop()


async def _mutes(doors: Doors) -> str:
    running = await doors.in_store(doors.store.mutes, at=doors.clock())
    lines = [
        f"{mute.id}  {what_is_muted(mute)}"
        + (f" until {mute.until:%Y-%m-%d %H:%M} UTC" if mute.until else "")
        + f", by {mute.by}: {mute.reason}"
        for mute in running[:MOST_ROWS]
    ]
    return _lines([*lines, *_more(running, MOST_ROWS)]) or "Nothing is muted."


# -- status ------------------------------------------------------------------------------------------------------------


async def _status(doors: Doors) -> str:
    store, now = doors.store, doors.clock()
    report = await doors.in_store(store.status)
    mutes = await doors.in_store(store.mutes, at=now)
    breakers = await doors.in_store(store.breakers)
    lines = _counts(report)
    lines += [f"muted: {what_is_muted(mute)}, by {mute.by} (mute {mute.id})" for mute in mutes[:MOST_SHOWN]]
    lines += [f"held: {each.subject} {each.name}, {each.reason} ({each.id})" for each in breakers[:MOST_SHOWN]]
    return _lines(lines)


def _counts(report: StatusReport) -> list[str]:
    failing = [(feed, feed.cause) for feed in report.feeds if feed.cause is not None]
    owed = sum(channel.count for channel in report.owed)
    sent, held, dead = (report.deliveries.get(state, 0) for state in ("sent", "held", "dead"))
    return [
        f"feeds: {len(report.feeds):,}, of which {len(failing):,} fail",
        f"entries seen: {report.entries:,}, alerts: {report.alerts:,}",
        f"messages: {sent:,} sent, {owed:,} owed, {held:,} held, {dead:,} set aside",
        *(f"fails: {feed.name}: {cause.value} {feed.detail}" for feed, cause in failing[:MOST_SHOWN]),
        *_more(failing, MOST_SHOWN),
    ]


# -- trying ------------------------------------------------------------------------------------------------------------


async def _try(text: str, doors: Doors, live: Live) -> str:
    title, _, body = clean(text).partition("\n")
    if not title:
        raise UserError("say what to try the rules on: try TEXT")
    entry = Entry(id="0" * 32, keys=(), feed="", title=title, body=body, seen_at=doors.clock())
    return await doors.work(_tried, live, entry)


def _tried(live: Live, entry: Entry) -> str:
    """Say which rules match, by which words; else which come nearest, and what they lack."""
    found = live.ruleset.match(entry, ()).matches
    lines: list[str] = []
    for match in found[:MOST_SHOWN]:
        words = "; ".join(f"{mention.name}: “{mention.surface}”" for mention in match.mentions)
        to = ", ".join(match.rule.notify)
        lines.append(f"match: {match.rule.id}, {match.rule.priority.word} priority, to {to} ({words})")
    if found:
        return _lines([*lines, *_more(found, MOST_SHOWN)])
    misses = nearest_misses(live.ruleset, entry, (), limit=3)
    return _lines(["no rule matches", *(f"nearly: {miss.rule.id}: {_lacks(miss.failed)}" for miss in misses)])


def _lacks(clauses: Collection[object]) -> str:
    return "; ".join(f"no {clause}" for clause in clauses)


def _more(shown: Collection[object], most: int) -> list[str]:
    return [f"and {len(shown) - most:,} more"] if len(shown) > most else []


def _lines(lines: Collection[str]) -> str:
    return "\n".join(shorten(one_line(line), ROW_LIMIT) for line in lines)
