"""What one page owes to channels: first messages, replies, edits and digests, each with its reason in the ledger."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from monitor.decide.flood import fold_floods
from monitor.decide.holding import Occasion, Restraints, hold_of
from monitor.decide.owed import alert_id, coverage_of, edit, post, reply
from monitor.decide.reach import Reach, below, reaches_of
from monitor.decide.spread import digest
from monitor.decide.updates import Change
from monitor.model import (
    Alert,
    Decision,
    Delivery,
    Digest,
    Entry,
    Hold,
    HoldKind,
    Joining,
    Match,
    Message,
    Priority,
    Stage,
    Story,
    Told,
    Way,
)
from monitor.notify.render import render_message

_NEWS = frozenset({Joining.NEW_REPORT, Joining.UPDATE})
_ALSO, _LATER = "also reported by ", "later report"


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """A fresh entry in its story."""

    story: Story  # with the entry
    how: Joining
    new_source: bool = True  # no entry of this feed was in it before
    difference: str = ""  # of an update: what it says that was not told
    independent: int = 1  # sources that tell the story in words of their own, this one included


@dataclass(slots=True, kw_only=True)
class Telling:
    """It grows by one entry at a time."""

    now: datetime
    told: dict[str, Told]  # by alert: about remembered stories, and what this page adds
    restraints: Restraints = field(default_factory=Restraints)
    source_tags: tuple[str, ...] = ()  # what routes may call the page's feed beside its name
    alerts: dict[str, Alert] = field(default_factory=dict)  # new ones by id
    widened: dict[str, Alert] = field(default_factory=dict)  # old ones by id
    posts: dict[str, Delivery] = field(default_factory=dict)  # by alert
    together: dict[str, str] = field(default_factory=dict)  # by alert that goes into a digest: why
    digests: list[Delivery] = field(default_factory=list)
    replies: list[Delivery] = field(default_factory=list)
    replied: dict[str, str] = field(default_factory=dict)  # by reply: the id of the entry that it tells of
    edits: dict[str, Delivery] = field(default_factory=dict)  # by alert
    decisions: list[Decision] = field(default_factory=list)

    @property
    def deliveries(self) -> tuple[Delivery, ...]:
        """All that is owed, in the order in which it is to arrive."""
        return (*self.posts.values(), *self.digests, *self.replies, *self.edits.values())

    def note(self, entry: Entry | str, stage: Stage, verdict: str, reason: str, **links: str) -> None:
        """Write down what was decided about an entry, or the one with this id, and why."""
        entry_id = entry if isinstance(entry, str) else entry.id
        self.decisions.append(
            Decision(entry_id=entry_id, at=self.now, stage=stage, verdict=verdict, reason=reason, **links)
        )

    def reaches(self, matches: Iterable[Match]) -> tuple[Reach, ...]:
        """Say which channels hear of an entry's matches, each of which ones, and by which way."""
        return reaches_of(matches, self.source_tags, self.restraints.policies)

    # -- first messages ------------------------------------------------------------------------------------------------

    def tell(self, story: Story, reach: Reach, notes: Mapping[str, str], *, together: str = "") -> bool:
        """Owe the channel its first message about the story, unless all that matters less than it wants to hear."""
        channel, matches = reach.channel, reach.matches
        entry, links = matches[0].entry, {"story_id": story.id, "channel": channel}
        if reason := below(reach, self.restraints.policies):
            self.note(entry, Stage.ROUTE, "below", reason, **links)
            return False
        rules = tuple(match.rule.id for match in matches)
        alert = Alert(
            id=alert_id(story.id, channel),
            story_id=story.id,
            entry_id=entry.id,
            channel=channel,
            rules=rules,
            priority=reach.priority,
            created_at=self.now,
        )
        message = render_message(matches, notes=notes)
        self.alerts[alert.id] = alert
        self.told[alert.id] = Told(alert=alert, message=message)
        if together:
            self.together[alert.id] = together
        by = f" by {', '.join(reach.routes)}" if reach.routes else ""
        self.note(entry, Stage.ROUTE, "alert", f"rules {', '.join(rules)} notify {channel}{by}", **links)
        hold = self.hold(entry, alert, reach.way, first=True)
        self.posts[alert.id] = replace(post(alert, message, self.now), hold=hold)
        return True

    def hold(self, entry: Entry, alert: Alert, way: Way, *, first: bool = False) -> Hold | None:
        """Say whether a message about an alert is kept back, and write down by what."""
        occasion = Occasion(
            channel=alert.channel,
            priority=alert.priority,
            rules=alert.rules,
            sources=(entry.feed, *self.source_tags),
            story_id=alert.story_id,
            way=way,
            first=first,
        )
        hold = hold_of(occasion, self.restraints, self.now)
        if hold is not None:
            verdict = "muted" if hold.kind is HoldKind.MUTE else "held"
            self.note(entry, Stage.ROUTE, verdict, hold.reason, story_id=alert.story_id, channel=alert.channel)
        return hold

    # -- more of a story that was told ---------------------------------------------------------------------------------

    def tell_more(self, joined: Joined, reach: Reach, notes: Mapping[str, str]) -> None:
        """Owe the channel a reply, if the entry adds to what was told: a new report, or a rule that had not hit."""
        entry, channel = reach.matches[0].entry, reach.channel
        told = self.told.get(alert_id(joined.story.id, channel))
        more = [match for match in reach.matches if told and match.rule.id not in told.alert.rules]
        if told is None or not (more or reach.priority > told.alert.priority or joined.how in _NEWS):
            links = {"story_id": joined.story.id, "channel": channel}
            self.note(entry, Stage.ROUTE, "told", f"{channel} has an alert about this story", **links)
            return
        message = render_message(reach.matches, notes=notes)
        told, wide = self._widely(told, joined.independent)
        note = "; ".join(part for part in (_what_is_new(joined, entry, more), wide) if part)
        self._answer(told, reach, message, note, event=entry.id, more=more, wide=bool(wide))

    def _widely(self, told: Told, independent: int) -> tuple[Told, str]:
        """Say once, of a story that was told, that as many independent sources report it as the channel asks for.

        That it was said is remembered with the message that is to stand there.
        """
        asked = self.restraints.policies.of(told.alert.channel).broadcast_sources
        if not asked or independent < asked or told.message is None or told.message.reach >= asked:
            return told, ""
        told = replace(told, message=replace(told.message, reach=asked))
        self.told[told.alert.id] = told
        return told, f"{independent} independent sources by now"

    def correct(self, story: Story, reach: Reach, change: Change) -> None:
        """Reply to what the channel was told of a story: a word appeared later, or a number is another one."""
        entry, channel = reach.matches[0].entry, reach.channel
        new = [match for match in reach.matches if match.rule.id in change.new_rules]
        told = self.told.get(alert_id(story.id, channel))
        if told is None or not (new or all(change.numbers)):
            links = {"story_id": story.id, "channel": channel}
            self.note(entry, Stage.ROUTE, "told", f"{channel} has an alert about this story", **links)
            return
        note = f"appeared later: {_found(new)}" if new else change.summary
        event = digest(entry.id, *change.appeared, "", *change.gone)
        self._answer(told, reach, render_message(reach.matches), note, event=event, more=new)

    def _answer(
        self,
        told: Told,
        reach: Reach,
        message: Message,
        note: str,
        *,
        event: str,
        more: Collection[Match],
        wide: bool = False,
    ) -> None:
        """Owe a reply; what escalates is shown to the whole channel.

        That is a rule that had not hit, which is added to the alert, a higher priority, or that it is told widely.
        """
        entry = reach.matches[0].entry
        links = {"story_id": told.alert.story_id, "channel": reach.channel}
        rises = reach.priority > told.alert.priority
        if rises:
            said = f"priority {told.alert.priority.word} → {reach.priority.word}"
            note = f"{note}; {said}" if note else said
        self.note(entry, Stage.ROUTE, "reply", f"{note}: a reply in {reach.channel}", **links)
        made = reply(told.alert, message, note=note, event=event, now=self.now, broadcast=bool(more) or rises or wide)
        unknown = _not_in(told.alert, more)
        alert = self.widen(told, unknown, message, reach.priority) if unknown or rises else told.alert
        first = self.posts.get(alert.id)
        hold = self.hold(entry, alert, reach.way, first=first is not None)
        if first is not None and first.hold is not None:  # they stay together, and what is urgent now waits no more
            self.posts[alert.id] = replace(first, hold=hold)
        self.replies.append(replace(made, hold=hold))
        self.replied[made.key] = entry.id

    def widen(self, told: Told, more: Collection[Match], message: Message, priority: Priority) -> Alert:
        """Add rules to an alert, and to the message that told it; return the alert as it is now.

        It is of the higher one of its priority and this one.
        """
        rules = tuple(match.rule.id for match in more)
        priority = max(told.alert.priority, priority)
        alert = replace(told.alert, rules=(*told.alert.rules, *rules), priority=priority)
        (self.alerts if alert.id in self.alerts else self.widened)[alert.id] = alert
        reasons = tuple(reason for reason in message.reasons if reason.rule in rules)
        shown = told.message and replace(told.message, priority=priority, reasons=(*told.message.reasons, *reasons))
        self.told[alert.id] = Told(alert=alert, message=shown)
        return alert

    def count(self, story: Story, channel: str, entry: Entry) -> None:
        """Change the first message about a story: by how many it is reported now, and by which rules."""
        told, coverage = self.told.get(alert_id(story.id, channel)), coverage_of(story)
        if told is None or told.message is None or coverage is None:
            return
        alert, message = told.alert, replace(told.message, coverage=coverage)
        self.told[alert.id] = replace(told, message=message)
        if alert.id in self.posts:  # of this very page: nobody has seen it yet
            self.posts[alert.id] = replace(self.posts[alert.id], message=message)
        else:
            self.edits[alert.id] = edit(alert, message, event=entry.id, now=self.now)

    # -- many at once --------------------------------------------------------------------------------------------------

    def fold(self) -> None:
        """Make one digest of the posts that are told together, and of very many in one channel.

        Those that are held are told when that ends, and together then if they are many.
        """
        kept = {each for each, due in self.posts.items() if due.hold and due.hold.kind is not HoldKind.WAIT}
        alerts = {each: alert for each, alert in self.alerts.items() if each not in kept}
        messages = {each: told.message for each, told in self.told.items() if told.message}
        for folded in fold_floods(alerts, messages, self.now, together=self.together):
            self.digests.append(folded.delivery)
            for alert in folded.alerts:
                self.alerts[alert.id] = alert
                del self.posts[alert.id]
                links = {"story_id": alert.story_id, "channel": alert.channel}
                self.note(alert.entry_id, Stage.ROUTE, "digest", folded.reason, **links)
                self._fold_replies(alert.id, links)

    def _fold_replies(self, alert: str, links: Mapping[str, str]) -> None:
        """Give up the replies to an alert of this very page that goes into a digest: that is news enough."""
        for given_up in [each for each in self.replies if each.alert_id == alert]:
            self.replies.remove(given_up)
            reason = "no reply: the digest tells the story"
            self.note(self.replied[given_up.key], Stage.ROUTE, "digest", reason, **links)


def _not_in(alert: Alert, matches: Iterable[Match]) -> list[Match]:
    return [match for match in matches if match.rule.id not in alert.rules]


def _what_is_new(joined: Joined, entry: Entry, more: Collection[Match]) -> str:
    """Say in a few words why a story is told again: `also reported by tass; new rule: Sergei Shoygu`."""
    said = [joined.difference] if joined.difference else []
    if joined.how in _NEWS and (joined.new_source or not said):
        said.append(f"{_ALSO}{entry.feed}" if joined.new_source else _LATER)
    if more:
        names = ", ".join(match.rule.title or match.rule.id for match in more)
        said.append(f"new rule{'s' if len(more) > 1 else ''}: {names}")
    return "; ".join(said)


def is_mere_report(reply: Delivery) -> bool:
    """Say whether a reply tells nothing but that there is another report, which a first message counts as well."""
    note = "" if isinstance(reply.message, Digest) else reply.message.note
    return note == _LATER or (note.startswith(_ALSO) and "; " not in note)


def _found(matches: Iterable[Match]) -> str:
    return ", ".join(dict.fromkeys(f"“{mention.surface}”" for match in matches for mention in match.mentions))
