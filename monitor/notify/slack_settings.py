"""What a channel of Slack's is told in monitor.yaml: which channel, by which token."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, model_validator
from slack_sdk.web.async_client import AsyncWebClient

from monitor.model import Policy
from monitor.notify.policy import ChannelSettings
from monitor.notify.settings import SecretFile, SecretText, Settings, as_list, check_url, is_loopback, pick_secret
from monitor.secret import Secret

BASE_URL = AsyncWebClient.BASE_URL
_SLACKS = ("slack.com", "slack-gov.com")
_CHANNEL_ID = re.compile(r"[CGD][A-Z0-9]{7,}")
_CHANNEL_NAME = re.compile(r"#[^\s#@<>&|,.\"'`]{1,80}")
_TOKEN = re.compile(r"(?:xoxe\.)?xox[bp]-[A-Za-z0-9-]{4,}")
_APP_TOKEN = re.compile(r"xapp-[A-Za-z0-9-]{4,}")
_USER = re.compile(r"[UW][A-Z0-9]{7,}")
_PLACEHOLDER = re.compile(r"your|\.\.\.|…|<")


def _channel(value: Any) -> str:
    if value is None:
        raise ValueError('empty: YAML takes # for a comment, put the name in quotes: "#desk"')
    text = str(value).strip()
    if _CHANNEL_NAME.fullmatch(text) or _CHANNEL_ID.fullmatch(text):
        return text
    raise ValueError(f'`{text}` is not a Slack channel: write "#name", or its id (C…)')


def _token(token: Secret, info: ValidationInfo) -> Secret:
    value = token.reveal()
    if value.startswith("xapp-"):
        raise ValueError("this is an app-level token (xapp-…): posting needs the bot token (xoxb-…)")
    if not re.fullmatch(r"[\x21-\x7e]+", value) and not _PLACEHOLDER.search(value):
        raise ValueError("this is not a Slack token: it holds blanks or letters that no token has")
    if not is_slacks(info.data.get("api_url", BASE_URL)):
        return token  # who stands in for Slack gives out tokens as it likes
    where = "copy the bot token from the app's page OAuth & Permissions"
    if _PLACEHOLDER.search(value):
        raise ValueError(f"this is the guide's placeholder: {where}")
    if not _TOKEN.fullmatch(value):
        raise ValueError(f"this is no bot token (xoxb-…): {where}")
    return token


def _app_token(token: Secret, info: ValidationInfo) -> Secret:
    value = token.reveal()
    if _TOKEN.fullmatch(value):
        raise ValueError("this is a bot token (xoxb-…): buttons need the app-level token (xapp-…)")
    if not re.fullmatch(r"[\x21-\x7e]+", value) and not _PLACEHOLDER.search(value):
        raise ValueError("this is not a Slack token: it holds blanks or letters that no token has")
    if is_slacks(info.data.get("api_url", BASE_URL)) and not _APP_TOKEN.fullmatch(value):
        where = "make one on the app's page Basic Information, with the scope connections:write"
        raise ValueError(f"this is no app-level token (xapp-…): {where}")
    return token


def _user(value: Any) -> str:
    text = str(value).strip()
    if not _USER.fullmatch(text):
        raise ValueError(
            f"`{text}` is not the id of a person in Slack (U…): see Copy member ID in the person's profile"
        )
    return text


def is_slacks(api_url: str) -> bool:
    """Say whether this is Slack itself, and not a gateway or a stand-in."""
    host = urlsplit(api_url).hostname or ""
    return host.endswith(tuple(f".{domain}" for domain in _SLACKS)) or host in _SLACKS


def _api_url(url: str) -> str:
    parts = urlsplit(check_url(url))
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise ValueError("the token would travel in the clear: use https://")
    return url.rstrip("/") + "/"


class BroadcastAt(Settings):
    """`{sources: 5}`."""

    sources: int = Field(ge=2, le=1000)
    """So many independent sources, from 2 to 1,000. Example: `5`."""


class SlackSettings(ChannelSettings):
    """`{slack: "#desk-russia", token: "${SLACK_BOT_TOKEN}", app_token: "${SLACK_APP_TOKEN}"}`."""

    channel: Annotated[str, BeforeValidator(_channel)] = Field(alias="slack")
    """The channel, in quotes, or its id. Example: `"#desk-russia"`."""
    api_url: Annotated[str, AfterValidator(_api_url)] = BASE_URL  # before the tokens: it says what they look like
    """Where Slack is, for those who have a gateway in between. Example: `https://slack-gov.com/api/`."""
    token: Annotated[SecretText, AfterValidator(_token)] | None = None
    """The bot token, by reference. Default: this or `token_file`. Example: `"${SLACK_BOT_TOKEN}"`."""
    token_file: Annotated[SecretFile, AfterValidator(_token)] | None = None
    """A file that holds the token, relative to `monitor.yaml`. Default: this or `token`. Example:
    `/run/secrets/slack_token`."""
    app_token: Annotated[SecretText, AfterValidator(_app_token)] | None = None
    """The app-level token, by reference: it hears buttons and `/monitor`. Default: no buttons. Example:
    `"${SLACK_APP_TOKEN}"`."""
    app_token_file: Annotated[SecretFile, AfterValidator(_app_token)] | None = None
    """A file that holds it, relative to `monitor.yaml`. Default: no buttons. Example:
    `/run/secrets/slack_app_token`."""
    allow_users: Annotated[tuple[Annotated[str, BeforeValidator(_user)], ...], BeforeValidator(as_list)] = ()
    """The ids of those whose buttons and commands are heard. Default: everybody in the channel. Example:
    `[U024BE7LH]`."""

    broadcast_at: BroadcastAt | None = None
    """How many independent sources make a reply one for the whole channel. Default: never for that. Example:
    `{sources: 5}`."""

    @model_validator(mode="after")
    def _agree(self) -> Self:
        pick_secret(self.token, self.token_file, key="token", example="SLACK_BOT_TOKEN")
        if self.app_token is not None and self.app_token_file is not None:
            raise ValueError("both `app_token` and `app_token_file`: keep one of them")
        if self.allow_users and self.app_secret is None:
            raise ValueError(
                "`allow_users` is about buttons, which need `app_token`: add app_token: ${SLACK_APP_TOKEN}"
            )
        return self

    @property
    def secret(self) -> Secret:
        """The token, wherever it was given."""
        found = self.token or self.token_file
        assert found is not None  # noqa: S101 - checked when the settings were made
        return found

    @property
    def app_secret(self) -> Secret | None:
        """The app-level token, wherever it was given; None = no buttons."""
        return self.app_token or self.app_token_file

    def policy(self, zone: str) -> Policy:
        """Return how the channel wants to be told; see `ChannelSettings.policy`."""
        return replace(super().policy(zone), broadcast_sources=self.broadcast_at.sources if self.broadcast_at else 0)
