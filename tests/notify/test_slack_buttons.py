"""Whatever comes back from Slack is read, or passed over; nothing of it breaks anything."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from monitor.notify.slack_buttons import read_envelope

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
_PARTS = {
    "type": st.sampled_from(["block_actions", "view_submission"]) | _JSON,
    "user": st.fixed_dictionaries({}, optional={"id": _JSON, "username": _JSON, "name": _JSON}) | _JSON,
    "channel": st.fixed_dictionaries({}, optional={"id": _JSON, "name": _JSON}) | _JSON,
    "trigger_id": _JSON,
    "response_url": _JSON,
    "text": _JSON,
    "user_id": _JSON,
    "actions": st.lists(
        st.fixed_dictionaries(
            {"action_id": st.sampled_from(["mute", "why", "decide mute", "decide sudo", "acknowledge"]) | _JSON},
            optional={"value": _JSON, "selected_option": st.fixed_dictionaries({}, optional={"value": _JSON}) | _JSON},
        )
        | _JSON,
        max_size=2,
    )
    | _JSON,
}
_payloads = st.fixed_dictionaries({}, optional=_PARTS)


@given(st.sampled_from(["interactive", "slash_commands", "events_api"]), _payloads)
def test_no_envelope_is_too_much(kind: str, payload: dict[str, Any]) -> None:
    heard = read_envelope(kind, payload)
    if heard is None:
        assert kind != "slash_commands"
        return
    assert kind != "events_api"
    assert all(isinstance(part, str) for part in (heard.user, heard.name, heard.channel, heard.answer_url, heard.text))
    if kind == "interactive":
        assert heard.verb in ("acknowledge", "mute", "why", "relevant", "not relevant", "release", "discard")
        assert heard.subject
