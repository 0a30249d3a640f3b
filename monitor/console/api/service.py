"""The endpoints: what the pages show and do, for programs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from functools import partial

from aiohttp import web
from pydantic import BaseModel

from monitor import acts
from monitor.console.api import requests, shapes, writing
from monitor.console.api.endpoints import PREFIX, Call, Endpoint
from monitor.console.api.openapi import describe
from monitor.console.asked import person
from monitor.console.desk import Desk
from monitor.console.finding import Finder, Finding
from monitor.console.outbox import STATES
from monitor.console.told_filter import Asked
from monitor.errors import NotFoundError, UserError
from monitor.model import Feed, Priority
from monitor.ports import OwedMessage, Store, ToldFilter
from monitor.text.plain import one_line, shorten
from monitor.watched import WatchedFeed, watched_feeds


class Api:
    """All of them, and the document that describes them."""

    def __init__(self, desk: Desk, finder: Finder) -> None:
        self._desk = desk
        self._finder = finder
        self.endpoints = (
            _get("/status", "Take one look at the whole state", shapes.Status, self._status),
            _get("/alerts", "List stories that were told", shapes.Alerts, self._alerts, requests.AlertsQuery),
            _post("/alerts/{id}/acknowledge", "Take care of an alert", requests.Nothing, self._acknowledge),
            _post("/alerts/{id}/judge", "Say whether an alert was relevant", requests.JudgeBody, self._judge),
            _get("/stories/{id}", "Show a story", shapes.StoryAccount, self._story, requests.StoryQuery),
            _get("/entries", "Search the stored entries", shapes.Entries, self._search, requests.SearchQuery),
            _get("/entries/{id}", "Say what became of an entry, and why", shapes.EntryAccount, self._entry),
            _get("/rules", "List the rules", shapes.Rules, self._rules, requests.RulesQuery),
            _get("/feeds", "List the feeds, the worst first", shapes.Feeds, self._feeds, requests.FeedsQuery),
            _get("/feeds/{name}", "Say how a feed is", shapes.Feed, self._feed),
            _post("/feeds/{name}/pause", "Stop polling a feed", requests.PauseBody, self._pause),
            _post("/feeds/{name}/resume", "Poll a feed again", requests.Nothing, self._resume),
            _get("/outbox", "List messages", shapes.Messages, self._outbox, requests.OutboxQuery),
            _post("/outbox/replay", "Send again what was set aside", requests.ReplayBody, self._replay),
            _post("/outbox/{id}/release", "Send what is held", requests.Nothing, self._release),
            _post("/outbox/{id}/discard", "Leave untold what is held", requests.Nothing, self._discard),
            _get("/mutes", "List mutes", shapes.Mutes, self._mutes, requests.PastQuery),
            _post("/mutes", "Mute something", requests.MuteBody, self._mute),
            _post("/mutes/{id}/end", "End a mute", requests.EndBody, self._unmute),
        )

    def routes(self) -> list[web.RouteDef]:
        """Return what to add to a router."""
        document = describe(self.endpoints)

        async def show(request: web.Request) -> web.Response:  # noqa: ARG001 - aiohttp's interface
            return web.json_response(document)

        return [web.get(f"{PREFIX}/openapi.json", show), *(each.route() for each in self.endpoints)]

    # -- what is shown -------------------------------------------------------------------------------------------------

    async def _status(self, call: Call) -> shapes.Status:  # noqa: ARG002 - takes nothing
        report = await self._desk.read(lambda store: store.status())
        return writing.status(report, rules=len(self._desk.live.ruleset.rules), now=self._desk.clock())

    async def _alerts(self, call: Call) -> shapes.Alerts:
        asked: requests.AlertsQuery = call.query
        wanted = ToldFilter(
            rule=asked.rule,
            channel=asked.channel,
            source=asked.source,
            at_least=Priority.named(asked.priority) if asked.priority else None,
            since=asked.since,
            until=asked.until,
            unacknowledged=asked.unacknowledged,
        )
        before = writing.read_place(asked.before)

        def look(store: Store) -> shapes.Alerts:
            found = store.told_stories(wanted, before=before, limit=asked.limit)
            last = found[-1].place if len(found) == asked.limit else None
            following = writing.place(last) if last else None
            return shapes.Alerts(items=[writing.told(each) for each in found], next=following)

        return await self._desk.read(look)

    async def _story(self, call: Call) -> shapes.StoryAccount:
        asked: requests.StoryQuery = call.query
        story_id = call.path["id"].lower()
        found = await self._desk.read(
            lambda store: store.story_account(story_id, after=asked.after, limit=asked.limit + 1)
        )
        if found is None:
            raise NotFoundError("there is no story of this id")
        page = replace(found, entries=found.entries[: asked.limit])
        more = len(found.entries) > asked.limit
        return writing.story_account(page, page.entries[-1].place if more else None)

    async def _search(self, call: Call) -> shapes.Entries:
        query: requests.SearchQuery = call.query
        wanted = ToldFilter(source=query.source, since=query.since, until=query.until)
        asked = Asked(given={}, wanted=wanted, query=query.q, before=writing.read_place(query.before))
        found = await self._finder.find(asked)
        if isinstance(found, Finding):
            return writing.finding(found)
        raise UserError("; ".join(each.text for each in found))

    async def _entry(self, call: Call) -> shapes.EntryAccount:
        reference = call.path["id"].lower()
        record = await self._desk.read(lambda store: store.entry_record(reference))
        if record is None:
            raise NotFoundError("no entry of this id is stored")
        return writing.account(record)

    async def _rules(self, call: Call) -> shapes.Rules:
        asked: requests.RulesQuery = call.query
        now, rules = self._desk.clock(), self._desk.live.ruleset.definitions
        rest = sorted(each for each in rules if each > asked.after)
        shown = rest[: asked.limit]

        def look(store: Store) -> shapes.Rules:
            stats = store.rule_stats(now)
            return shapes.Rules(
                items=[writing.rule(rules[each], stats.get(each)) for each in shown],
                next=shown[-1] if len(rest) > len(shown) else None,
            )

        return await self._desk.read(look)

    async def _feeds(self, call: Call) -> shapes.Feeds:
        asked: requests.FeedsQuery = call.query
        every = await self._watched(self._desk.setup.config.feeds)
        return await self._desk.work(lambda: _page_of(every, asked))

    async def _feed(self, call: Call) -> shapes.Feed:
        return writing.feed((await self._watched((self._known_feed(call),)))[0])

    async def _watched(self, feeds: tuple[Feed, ...]) -> list[WatchedFeed]:
        now = self._desk.clock()
        return await self._desk.read(lambda store: watched_feeds(feeds, store.feed_reports(now), now))

    def _known_feed(self, call: Call) -> Feed:
        name = call.path["name"]
        for feed in self._desk.setup.config.feeds:
            if feed.name == name:
                return feed
        raise NotFoundError("no feed of this name is watched")

    async def _outbox(self, call: Call) -> shapes.Messages:
        asked: requests.OutboxQuery = call.query

        def look(store: Store) -> tuple[OwedMessage, ...]:
            return store.outbox(STATES[asked.state], channel=asked.channel, before=asked.before, limit=asked.limit)

        found = await self._desk.read(look)
        return shapes.Messages(
            items=[writing.message(each.delivery, each.story_id) for each in found],
            next=found[-1].seq if len(found) == asked.limit else None,
        )

    async def _mutes(self, call: Call) -> shapes.Mutes:
        at = None if call.query.past else self._desk.clock()
        found = await self._desk.read(lambda store: store.mutes(at=at))
        return shapes.Mutes(items=[writing.mute(each) for each in found])

    # -- what is done --------------------------------------------------------------------------------------------------

    async def _acknowledge(self, call: Call) -> shapes.Done:
        return await self._do(partial(acts.acknowledge, person=_who(call), alert_id=call.path["id"].lower()))

    async def _judge(self, call: Call) -> shapes.Done:
        body: requests.JudgeBody = call.body
        only, alert_id = tuple(body.rules), call.path["id"].lower()
        return await self._do(
            partial(acts.judge, person=_who(call), alert_id=alert_id, relevant=body.relevant, only=only)
        )

    async def _pause(self, call: Call) -> shapes.Done:
        feed, body, now = self._known_feed(call), call.body, self._desk.clock()
        until = now + body.duration if body.duration else None
        reason, by = shorten(one_line(body.reason), 200), _who(call).by
        paused = await self._desk.act(lambda store: store.pause_feed(feed.url, now, until=until, reason=reason, by=by))
        if not paused:
            raise NotFoundError("no daemon watches this feed yet")
        return shapes.Done(said=f"paused {feed.name}")

    async def _resume(self, call: Call) -> shapes.Done:
        feed, now, by = self._known_feed(call), self._desk.clock(), _who(call).by
        if not await self._desk.act(lambda store: store.resume_feed(feed.url, now, by=by)):
            raise NotFoundError("this feed is not paused")
        return shapes.Done(said=f"resumed {feed.name}")

    async def _replay(self, call: Call) -> shapes.Done:
        body: requests.ReplayBody = call.body
        if not body.key and not body.channel:
            raise UserError("name the `key` of a message, or a `channel`")
        now, who = self._desk.clock(), _who(call)
        count = await self._desk.act(lambda store: acts.replay(store, who, now=now, key=body.key, channel=body.channel))
        return shapes.Done(said=f"{count} will be sent again")

    async def _release(self, call: Call) -> shapes.Done:
        return await self._do(partial(acts.release, person=_who(call), reference=call.path["id"]))

    async def _discard(self, call: Call) -> shapes.Done:
        return await self._do(partial(acts.discard, person=_who(call), reference=call.path["id"]))

    async def _mute(self, call: Call) -> shapes.Done:
        body: requests.MuteBody = call.body
        until = self._desk.clock() + body.duration
        self._desk.require_known(rule=body.rule, feed=body.feed, channel=body.channel)
        begin = partial(acts.mute, person=_who(call), until=until, reason=body.reason, tell=body.tell)
        return await self._do(partial(begin, story=body.story, rule=body.rule, feed=body.feed, channel=body.channel))

    async def _unmute(self, call: Call) -> shapes.Done:
        return await self._do(partial(acts.unmute, person=_who(call), mute_id=call.path["id"], tell=call.body.tell))

    async def _do(self, act: Callable[..., str]) -> shapes.Done:
        now = self._desk.clock()
        return shapes.Done(said=await self._desk.act(lambda store: act(store, now=now)))


def _page_of(every: Iterable[WatchedFeed], asked: requests.FeedsQuery) -> shapes.Feeds:
    fitting = [
        each
        for each in every
        if (not asked.tag or asked.tag in each.feed.tags) and (not asked.failing or each.is_failing)
    ]
    names = [each.feed.name for each in fitting]
    start = names.index(asked.after) + 1 if asked.after in names else 0
    shown = fitting[start : start + asked.limit]
    more = start + asked.limit < len(fitting)
    return shapes.Feeds(items=[writing.feed(each) for each in shown], next=shown[-1].feed.name if more else None)


def _who(call: Call) -> acts.Person:
    return person(call.request)


def _get(
    path: str,
    summary: str,
    answer: type[BaseModel],
    act: Callable[[Call], Awaitable[BaseModel]],
    query: type[BaseModel] = requests.Nothing,
) -> Endpoint:
    return Endpoint(method="GET", path=path, summary=summary, answer=answer, act=act, query=query)


def _post(path: str, summary: str, body: type[BaseModel], act: Callable[[Call], Awaitable[BaseModel]]) -> Endpoint:
    return Endpoint(method="POST", path=path, summary=summary, answer=shapes.Done, act=act, body=body)
