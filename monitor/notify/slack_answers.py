"""What Slack's answers mean for a message, and what a person can do about them.

Slack's words are those of https://docs.slack.dev/reference/methods/chat.postMessage, "Errors".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from monitor.model import Rejected, SendResult, Unknown
from monitor.notify.wire import TOO_MANY

FORMATTING = frozenset(
    {"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long", "block_mismatch"}
)
"""Refusals of how a message looks, not of what it says."""

NO_THREAD = frozenset({"cannot_reply_to_message", "restricted_action_thread_locked", "thread_not_found"})
"""Refusals of a reply that the channel itself would take."""

_NO_CHANGE = {"cant_update_message", "edit_window_closed", "message_not_found"}  # of chat.update

_NO_BETTER_LATER = (
    FORMATTING | _NO_CHANGE | {"invalid_arguments", "invalid_metadata_format", "metadata_too_large", "no_text"}
)

_MAYBE_DONE = frozenset({"fatal_error", "internal_error", "service_unavailable"})

_ADVICE = {
    "account_inactive": "the bot's account was removed: install the app again and renew the token",
    "cant_update_message": "another app, or an earlier installation of this one, posted the message",
    "channel_not_found": "there is no channel {channel}, or it is private: check the name, and invite the bot",
    "edit_window_closed": "the workspace's settings allow no more changes of the message",
    "ekm_access_denied": "the workspace's administrators have suspended posting",
    "invalid_auth": "Slack does not know this token: check it",
    "is_archived": "{channel} is archived: unarchive it, or name another one",
    "message_not_found": "somebody has deleted the message",
    "missing_scope": "the app lacks a permission ({needed}): add it under OAuth & Permissions, install the app again",
    "not_allowed_token_type": "this kind of token cannot post: use the bot token (xoxb-…)",
    "not_authed": "the token did not arrive: check it",
    "not_in_channel": "invite the bot: /invite it in {channel}",
    "org_login_required": "the workspace is being moved: wait",
    "restricted_action": "the workspace's settings forbid the bot to post in {channel}",
    "team_access_not_granted": "the app is not installed in this workspace",
    "token_expired": "the token has expired: renew it",
    "token_revoked": "the token was revoked: install the app again and renew it",
}

_RATE_LIMITS = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A refusal, as far as it could be read."""

    status: int  # HTTP
    word: str = ""  # Slack's own, e.g. "not_in_channel"; "" = the body was not Slack's
    needed: str = ""  # the scope that is missing
    after: timedelta | None = None


def understand(answer: Answer, channel: str) -> SendResult:
    """Say what a refusal means for the message that was posted."""
    if answer.status == TOO_MANY or answer.word in _RATE_LIMITS:
        return Rejected(reason="Slack's rate limit", retry=True, after=answer.after)
    if not answer.word and 400 <= answer.status < 500:  # noqa: PLR2004 - RFC 9110, 15.5
        return Rejected(reason=f"HTTP {answer.status}, and not from Slack: check `api_url` and the proxy", retry=True)
    if not answer.word or answer.word in _MAYBE_DONE:
        what = answer.word or f"HTTP {answer.status}"
        return Unknown(reason=f"Slack's answer does not say whether it took the message: {what}")
    return Rejected(reason=explain(answer, channel), retry=answer.word not in _NO_BETTER_LATER)


def explain(answer: Answer, channel: str) -> str:
    """Put a refusal in words that say what to do."""
    if not answer.word:
        return f"HTTP {answer.status}"
    advice = _ADVICE.get(answer.word, "").format(channel=channel, needed=answer.needed or "see the app's manifest")
    return f"{answer.word}: {advice}" if advice else f"Slack says {answer.word}"
