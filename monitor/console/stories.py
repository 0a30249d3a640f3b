"""The page of one story: its entries, why they matter, what was told where, and what can be done about it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from aiohttp import web

from monitor import acts
from monitor.account import Row, account_of, decision_rows
from monitor.acts import Person
from monitor.commands import MUTE
from monitor.console.asked import form, number
from monitor.console.desk import Desk
from monitor.console.doing import Deeds
from monitor.console.pages import Pages, see_other
from monitor.decide.mutes import what_is_muted
from monitor.model import Message, Mute, Reason
from monitor.notify.render import render_message
from monitor.ports import EntryRecord, Store, StoryAccount, StoryEntry
from monitor.rules.misses import nearest_misses

ENTRIES_ON_A_PAGE: Final = 30
MOST_NEAREST: Final = 3
_ID: Final = re.compile(r"[0-9a-f]{8,32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One entry as it is shown."""

    of: StoryEntry
    message: Message | None  # with its hits marked; None = nothing marks it: no rule finds it, then or now
    is_told: bool  # whether the marks are those that were told, not those of the rules as they are now
    rows: list[Row]  # of the ledger


class Stories:
    """Its routes."""

    def __init__(self, desk: Desk, pages: Pages, deeds: Deeds) -> None:
        self._desk = desk
        self._pages = pages
        self._deeds = deeds

    def routes(self) -> list[web.RouteDef]:
        """Return what to add to a router."""
        return [
            web.get("/stories/{id}", self._show),
            web.post("/stories/{id:[0-9a-f]{32}}", self._do),
            web.get("/entries/{id}", self._show_entry),
        ]

    # -- finding -------------------------------------------------------------------------------------------------------

    async def _show(self, request: web.Request) -> web.Response:
        story_id = await self._story(request.match_info["id"])
        if story_id != request.match_info["id"]:
            return see_other(f"/stories/{story_id}")
        after = number(request, "after")
        account = await self._desk.read(
            lambda store: store.story_account(story_id, after=after, limit=ENTRIES_ON_A_PAGE + 1)
        )
        if account is None:
            raise web.HTTPNotFound(text=_unknown(story_id))
        now = self._desk.clock()
        mutes = await self._desk.read(lambda store: store.mutes(at=now))
        return self._page(request, account, [each for each in mutes if _bears_on(each, account)], first=after is None)

    async def _story(self, reference: str) -> str:
        """Find a story by the beginning of its id, or of the id of an entry, an alert or a message of it.

        Raises:
            HTTPNotFound: there is none, or more than one.
            HTTPSeeOther: it is an entry that belongs to no story.
        """
        begins = reference.lower()
        if not _ID.fullmatch(begins):
            raise web.HTTPNotFound(text="An id of a story is 8 to 32 digits and letters from a to f.")

        def look(store: Store) -> tuple[set[str], tuple[str, ...]]:
            found = set(store.find_stories(begins))
            entries = () if found else store.find_entries(begins)
            return found or {story.id for story in store.stories_of(entries).values()}, entries

        stories, entries = await self._desk.read(look)
        if len(stories) == 1:
            return stories.pop()
        if stories:
            some = ", ".join(sorted(each[:12] for each in stories)[:5])
            raise web.HTTPNotFound(text=f"That may be any of several stories: {some}. Give more of the id.")
        if len(entries) == 1:
            raise web.HTTPSeeOther(f"/entries/{entries[0]}")
        raise web.HTTPNotFound(text=_unknown(begins))

    # -- showing -------------------------------------------------------------------------------------------------------

    def _page(self, request: web.Request, account: StoryAccount, mutes: list[Mute], *, first: bool) -> web.Response:
        reports = [self._report(each, account) for each in account.entries[:ENTRIES_ON_A_PAGE]]
        more = account.entries[ENTRIES_ON_A_PAGE - 1].place if len(account.entries) > ENTRIES_ON_A_PAGE else None
        alerts = [record.alert for record in account.alerts]
        return self._pages.page(
            request,
            "story.html.j2",
            now=self._desk.clock(),
            zone=self._desk.setup.config.defaults.zone,
            account=account,
            reports=reports,
            title=_title(account, reports),
            first=first,
            more=more,
            rules=sorted({rule for alert in alerts for rule in alert.rules}),
            reasons=_reasons(account, reports),
            priority=max((alert.priority for alert in alerts), default=None),
            open=[alert for alert in alerts if not alert.acknowledged_at],
            taken=next((alert for alert in alerts if alert.acknowledged_at), None),
            lead=_lead(reports),
            mutes=[(each, what_is_muted(each)) for each in mutes],
        )

    def _report(self, of: StoryEntry, account: StoryAccount) -> Report:
        """Mark the hits of an entry as they were told; where they were not, as the rules would tell them now."""
        entry, rows = of.entry, decision_rows(of.decisions)
        for message in account.messages:
            if (message.feed, message.seen_at, message.url) == (entry.feed, entry.seen_at, entry.url):
                return Report(of=of, message=message, is_told=True, rows=rows)
        tags = self._desk.setup.source_tags.get(entry.feed, ())
        matches = self._desk.live.ruleset.match(entry, tags).matches
        return Report(of=of, message=render_message(matches) if matches else None, is_told=False, rows=rows)

    async def _show_entry(self, request: web.Request) -> web.Response:
        """Show an entry that belongs to no story: why it was not told."""
        begins = request.match_info["id"].lower()
        if not _ID.fullmatch(begins):
            raise web.HTTPNotFound(text="An id of an entry is 8 to 32 digits and letters from a to f.")

        def look(store: Store) -> EntryRecord | None:
            found = store.find_entries(begins)
            return store.entry_record(found[0]) if len(found) == 1 else None

        record = await self._desk.read(look)
        if record is None:
            raise web.HTTPNotFound(text=_unknown(begins))
        if record.story is not None:
            return see_other(f"/stories/{record.story.id}")
        ruleset, entry = self._desk.live.ruleset, record.entry
        tags = self._desk.setup.source_tags.get(entry.feed, ())
        return self._pages.page(
            request,
            "entry.html.j2",
            now=self._desk.clock(),
            zone=self._desk.setup.config.defaults.zone,
            entry=entry,
            rows=account_of(record),
            nearest=nearest_misses(ruleset, entry, tags, limit=MOST_NEAREST),
            news=[match.rule.id for match in ruleset.match(entry, tags).matches],
        )

    # -- doing ---------------------------------------------------------------------------------------------------------

    async def _do(self, request: web.Request) -> web.Response:
        """Do what a form of the page says, and go back to it."""
        story_id, sent = request.match_info["id"], await form(request)
        account = await self._desk.read(lambda store: store.story_account(story_id, after=None, limit=1))
        if account is None:
            raise web.HTTPNotFound(text=_unknown(story_id))
        if sent.get("act") == "acknowledge":
            return self._deeds.go_on(f"/stories/{story_id}", await self._deeds.acknowledge(request, account))
        act, given = _deed(sent, account)
        if "until" in given:
            given["until"] = self._desk.clock() + MUTE
        subject = given.pop("subject", None)
        said = await self._deeds.do(request, act, *([subject] if subject else []), **given)
        return self._deeds.go_on(f"/stories/{story_id}", said)


def _deed(sent: Mapping[str, str], account: StoryAccount) -> tuple[Callable[..., str], dict[str, Any]]:
    """Say which act a form means; what it names must belong to the story.

    Raises:
        HTTPBadRequest: it means none.
    """
    verb, subject, rule = sent.get("act", ""), sent.get("subject", ""), sent.get("rule", "")
    rules = {each for record in account.alerts for each in record.alert.rules}
    alerts = {record.alert.id for record in account.alerts}
    keys = {each.key for record in account.alerts for each in record.deliveries}
    mute: dict[str, Any] = {"until": timedelta(), "reason": "muted in the console"}
    match verb:
        case "relevant" | "not relevant" if subject in alerts and rule in rules:
            return acts.judge, {"subject": subject, "relevant": verb == "relevant", "only": (rule,)}
        case "replay" if subject in keys:
            return _send_again, {"subject": subject}
        case "mute story":
            return acts.mute, {**mute, "story": account.story.id}
        case "mute rule" if rule in rules:
            return acts.mute, {**mute, "rule": rule}
        case "mute source" if subject in account.story.sources:
            return acts.mute, {**mute, "feed": subject}
    raise web.HTTPBadRequest(text="That is nothing that can be done about this story: reload its page.")


def _send_again(store: Store, person: Person, key: str, *, now: datetime) -> str:
    acts.replay(store, person, now=now, key=key)
    return "the message is sent again"


def _reasons(account: StoryAccount, reports: list[Report]) -> list[tuple[str, str, list[tuple[str, list[str]]]]]:
    """Sum up by which names and spellings each rule found the story: rule, title, names with their spellings."""
    messages = [*account.messages, *(each.message for each in reports if each.message and not each.is_told)]
    found: dict[str, tuple[str, dict[str, dict[str, None]]]] = {}
    for reason in (reason for message in messages for reason in message.reasons):
        _, names = found.setdefault(reason.rule, (reason.title, {}))
        _add(names, reason)
    return [
        (rule, title, [(name, list(spellings)) for name, spellings in names.items()])
        for rule, (title, names) in found.items()
    ]


def _add(names: dict[str, dict[str, None]], reason: Reason) -> None:
    for name, spellings in reason.found:
        names.setdefault(name, {}).update(dict.fromkeys(spellings))


def _title(account: StoryAccount, reports: list[Report]) -> str:
    """Return what the story is called: as it was told first, or as its first entry that is stored."""
    if account.messages:
        return account.messages[0].title.text
    return next((each.of.entry.title for each in reports if each.of.entry.title), "")


def _lead(reports: list[Report]) -> Message | None:
    """Return the first message that has a sentence in which a rule's words stand."""
    return next((each.message for each in reports if each.message and each.message.excerpts), None)


def _bears_on(mute: Mute, account: StoryAccount) -> bool:
    """Say whether a mute keeps back, or may keep back, what comes of this story."""
    rules = {rule for record in account.alerts for rule in record.alert.rules}
    return (
        not mute.recipient
        and mute.story in ("", account.story.id)
        and (not mute.rule or mute.rule in rules)
        and (not mute.feed or mute.feed in account.story.sources)
        and (not mute.channel or mute.channel in account.story.told)
    )


def _unknown(reference: str) -> str:
    return (
        f"Nothing is known here of {reference[:32]}: it may have been forgotten, see `retention` in the configuration."
    )
