"""The manifest makes an app that may do what we do, and nothing else."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from monitor.testing import FakeSlack

ROOT = Path(__file__).parents[2]
MANIFEST = yaml.safe_load((ROOT / "deploy" / "slack-manifest.yaml").read_text(encoding="utf-8"))
NOTIFY = sorted((ROOT / "monitor" / "notify").glob("slack*.py"))

# https://docs.slack.dev/reference/methods, "Bot tokens", for public and private channels
SCOPES = {
    "apps_connections_open": set[str](),  # the app token's own: connections:write
    "chat_postMessage": {"chat:write"},
    "chat_update": {"chat:write"},
    "conversations_history": {"channels:history", "groups:history"},
    "conversations_list": {"channels:read", "groups:read"},
    "conversations_replies": {"channels:history", "groups:history"},
}


def thing(required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def text(most: int) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": most}


FLAG = {"type": "boolean"}
# https://docs.slack.dev/reference/app-manifest, as far as we use it
SHAPE = thing(
    ("display_information", "features", "oauth_config", "settings"),
    _metadata=thing(major_version={"enum": [1, 2]}, minor_version={"type": "integer"}),
    display_information=thing(
        ("name",),
        name=text(35),
        description=text(140),
        background_color={"type": "string", "pattern": "^#([0-9a-fA-F]{3}){1,2}$"},
    ),
    features=thing(
        bot_user=thing(
            ("display_name",),
            display_name={"type": "string", "maxLength": 80, "pattern": r"^[A-Za-z0-9 ._-]+$"},
            always_online=FLAG,
        ),
        slash_commands={
            "type": "array",
            "maxItems": 50,
            "items": thing(
                ("command", "description"),
                command={"type": "string", "maxLength": 32, "pattern": "^/[a-z0-9_-]+$"},
                description=text(2000),
                usage_hint=text(1000),
                should_escape=FLAG,
            ),
        },
    ),
    oauth_config=thing(("scopes",), scopes=thing(bot={"type": "array", "uniqueItems": True, "items": text(100)})),
    settings=thing(
        interactivity=thing(("is_enabled",), is_enabled=FLAG),
        org_deploy_enabled=FLAG,
        socket_mode_enabled=FLAG,
        token_rotation_enabled=FLAG,
    ),
)


def called_methods() -> set[str]:
    """Find what is called on a Web API client, `….client.method`."""
    return {
        node.attr
        for file in NOTIFY
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute) and node.value.attr == "client"
    } - {"proxy", "token"}


def test_the_scopes_are_those_of_the_methods_that_are_called() -> None:
    called = called_methods()
    assert called == set(SCOPES), "name what a new method needs, here and in the manifest"
    needed = set().union(*(SCOPES[method] for method in called)) | {"commands"}
    assert set(MANIFEST["oauth_config"]["scopes"]["bot"]) == needed


def test_the_fake_gives_no_more_than_the_manifest() -> None:
    assert set(MANIFEST["oauth_config"]["scopes"]["bot"]) >= FakeSlack().scopes


def test_it_has_the_published_shape() -> None:
    assert [error.message for error in Draft7Validator(SHAPE).iter_errors(MANIFEST)] == []
    assert MANIFEST["settings"]["socket_mode_enabled"], "no request URL is named anywhere"
    assert MANIFEST["settings"]["interactivity"]["is_enabled"]


@pytest.mark.parametrize(
    "broken",
    [
        {"display_information": {"name": "x" * 36}},
        {"features": {"slash_commands": [{"command": "monitor", "description": "x"}]}},
        {"settings": {"socket_mode": True}},
    ],
)
def test_the_shape_tells_a_mistake(broken: dict[str, Any]) -> None:
    assert list(Draft7Validator(SHAPE).iter_errors({**MANIFEST, **broken}))
