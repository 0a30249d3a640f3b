"""The endpoints: what the pages show and do, for programs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from heapq import nsmallest

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
from monitor.console.place import read_place, write_place
from monitor.console.told_filter import Asked
from monitor.errors import NotFoundError, UserError
from monitor.model import Feed, Priority
from monitor.ports import OwedMessage, Store, ToldFilter
from monitor.text.plain import one_line, shorten
from monitor.watched import of_page, page_of, standings


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
            _get("/mutes", "List mutes", shapes.Mutes, self._mutes, requests.MutesQuery),
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
        now, rules = self._desk.clock(), len(self._desk.live.ruleset.rules)
        return await self._desk.read(
            lambda store: writing.status(store.totals(), store.nodes(), store.message_counts(), rules=rules, now=now)
        )

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
        before = read_place(asked.before)

        def look(store: Store) -> shapes.Alerts:
            found = store.told_stories(wanted, before=before, limit=asked.limit)
            last = found[-1].place if len(found) == asked.limit else None
            following = write_place(last) if last else None
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
        asked = Asked(given={}, wanted=wanted, query=query.q, before=read_place(query.before))
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

        def look(store: Store) -> shapes.Rules:
            shown = nsmallest(asked.limit + 1, (each for each in rules if each > asked.after))
            more, shown = len(shown) > asked.limit, shown[: asked.limit]
            stats = store.rule_stats(now, rules=shown, noisiest=False)
            return shapes.Rules(
                items=[writing.rule(rules[each], stats.get(each)) for each in shown],
                next=shown[-1] if more else None,
            )

        return await self._desk.read(look)

    async def _feeds(self, call: Call) -> shapes.Feeds:
        asked: requests.FeedsQuery = call.query
        now, feeds = self._desk.clock(), self._desk.setup.config.feeds

        def look(store: Store) -> shapes.Feeds:
            fitting = [
                feed
                for feed, health in standings(store, feeds, now)
                if (not asked.tag or asked.tag in feed.tags) and (not asked.failing or health.is_failing)
            ]
            shown, more = page_of(fitting, asked.after, asked.limit)
            return shapes.Feeds(items=[writing.feed(each) for each in of_page(store, shown, now)], next=more or None)

        return await self._desk.read(look)

    async def _feed(self, call: Call) -> shapes.Feed:
        now, feed = self._desk.clock(), self._known_feed(call)
        return await self._desk.read(lambda store: writing.feed(of_page(store, [feed], now)[0]))

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
        asked: requests.MutesQuery = call.query
        at, before = None if asked.past else self._desk.clock(), writing.read_mute_place(asked.before)
        found = await self._desk.read(lambda store: store.mute_page(at=at, before=before, limit=asked.limit))
        last = found[-1] if len(found) == asked.limit else None
        return shapes.Mutes(
            items=[writing.mute(each) for each in found], next=writing.mute_place(last) if last else None
        )

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
