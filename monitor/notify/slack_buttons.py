"""The buttons under a message in Slack, and what it means that somebody has pressed one.

A button carries the alert's id and nothing else that could be believed: what it is about is looked up when it comes
back. A rule is named by a mark, for its id may be longer than Slack takes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from monitor.model import Digest, Message
from monitor.notify.slack_text import Block, label
from monitor.notify.wording import MOST_REASONS, rule_title

MUTE_STORY = "story"
MUTE_SOURCE = "source"
_VERBS = {
    "acknowledge": "Acknowledge",
    "relevant": "Relevant",
    "not relevant": "Not relevant",
    "why": "Why?",
}
_MUTE = "mute"
_DECISIONS = {"release": "Release", "discard": "Discard", _MUTE: "Mute 24 h"}  # of what a breaker holds
_DECIDE = "decide "


def rule_mark(rule: str) -> str:
    """Return a short name of a rule, made of its id."""
    return blake2b(rule.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()


def buttons_of(message: Message | Digest, alert_id: str) -> list[Block]:
    """Make the row of buttons under a first message: of an alert, or of what a breaker holds; [] = there is none."""
    if isinstance(message, Digest):
        return []
    if message.breaker:
        return [_decisions_of(message.breaker)]
    return [_row_of(message, alert_id)] if alert_id else []


def _row_of(message: Message, alert_id: str) -> Block:
    """Make the buttons of an alert; one that is acknowledged needs no button for that."""
    verbs = [verb for verb in _VERBS if verb != "acknowledge" or message.acknowledged is None]
    made = [_button(verb, _VERBS[verb], alert_id) for verb in verbs]
    place = 0 if message.acknowledged else 1
    return {"type": "actions", "elements": [*made[:place], _mutes(message, alert_id), *made[place:]]}


def _decisions_of(breaker_id: str) -> Block:
    made = [_button(_DECIDE + verb, words, breaker_id) for verb, words in _DECISIONS.items()]
    return {"type": "actions", "elements": made}


def _button(action: str, words: str, value: str) -> Block:
    return {"type": "button", "action_id": action, "text": label(words), "value": value}


def _mutes(message: Message, alert_id: str) -> Block:
    """Make the menu of what can be muted: the story, each rule that is shown, the source."""
    rules = {rule_mark(why.rule): f"Rule: {rule_title(why)}" for why in message.reasons[:MOST_REASONS]}
    source = f"Source: {message.feed.strip() or '(without a name)'}"
    choices = {MUTE_STORY: "This story", **rules, MUTE_SOURCE: source}
    options = [{"text": label(words), "value": f"{alert_id} {what}"} for what, words in choices.items()]
    return {
        "type": "static_select",
        "action_id": _MUTE,
        "placeholder": label("Mute 24 h …"),
        "options": options,
    }


# -- what comes back ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What an envelope says, as far as it could be read."""

    key: str
    user: str  # id
    name: str
    channel: str  # id
    channel_name: str
    verb: str
    subject: str = ""
    text: str = ""
    answer_url: str = ""


def read_envelope(kind: str, payload: Mapping[str, Any]) -> Heard | None:
    """Read what somebody pressed or wrote; None = nothing that concerns us, or nothing that can be read."""
    if kind == "slash_commands":
        return _read_command(payload)
    if kind == "interactive" and payload.get("type") == "block_actions":
        return _read_press(payload)
    return None


def _read_command(payload: Mapping[str, Any]) -> Heard:
    text = _text(payload, "text").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return Heard(
        key=_text(payload, "trigger_id"),
        user=_text(payload, "user_id"),
        name=_text(payload, "user_name"),
        channel=_text(payload, "channel_id"),
        channel_name=_text(payload, "channel_name"),
        verb="command",
        text=text,
        answer_url=_text(payload, "response_url"),
    )


def _read_press(payload: Mapping[str, Any]) -> Heard | None:
    actions = payload.get("actions")
    action = actions[0] if isinstance(actions, list) and actions and isinstance(actions[0], dict) else {}
    verb, subject, what = _text(action, "action_id"), _text(action, "value"), ""
    known: Collection[str] = {*_VERBS, _MUTE}
    if verb == _MUTE:
        subject, _, what = _text(_mapping(action, "selected_option"), "value").partition(" ")
    elif verb.startswith(_DECIDE):
        verb, what, known = verb.removeprefix(_DECIDE), "held", _DECISIONS
    if verb not in known or not subject:
        return None
    user, channel = _mapping(payload, "user"), _mapping(payload, "channel")
    return Heard(
        key=_text(payload, "trigger_id"),
        user=_text(user, "id"),
        name=_text(user, "username") or _text(user, "name"),
        channel=_text(channel, "id"),
        channel_name=_text(channel, "name"),
        verb=verb,
        subject=subject,
        text=what,
        answer_url=_text(payload, "response_url"),
    )


def _mapping(value: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = value.get(key)
    return found if isinstance(found, dict) else {}


def _text(value: Mapping[str, Any], key: str) -> str:
    found = value.get(key)
    return found if isinstance(found, str) else ""
