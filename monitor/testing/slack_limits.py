"""Check blocks against the limits that Slack documents (https://docs.slack.dev/reference/block-kit/blocks).

Only the kinds of blocks that alerts are made of are known; any other is a mistake here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

MOST_TEXT = 40_000
MOST_BLOCKS = 50
MOST_CHARACTERS = 13_200  # of all blocks as JSON; measured in slackapi/bolt-js#2509, not documented
_STYLES = frozenset({"bold", "italic", "strike", "code", "underline"})
_MOST_FIELDS = 10
_MOST_CONTEXT = 10
_MOST_ACTIONS = 25
_MOST_NAME = 255


def refusal(message: Mapping[str, Any]) -> str:
    """Return the word by which Slack would refuse what is to be posted, "" = it would take it."""
    text, blocks, metadata = str(message.get("text") or ""), message.get("blocks"), message.get("metadata")
    if not text and not blocks:
        return "no_text"
    if len(text) > MOST_TEXT:
        return "msg_too_long"
    if blocks is not None and check_blocks(blocks):
        return "invalid_blocks"
    if blocks is not None and too_long(blocks):
        return "msg_blocks_too_long"
    if metadata is not None and not (
        isinstance(metadata.get("event_type"), str) and isinstance(metadata.get("event_payload"), dict)
    ):
        return "invalid_metadata_format"
    return ""


def check_blocks(blocks: Any) -> list[str]:
    """Return what Slack would find wrong, in words; nothing if it would take the blocks."""
    if not isinstance(blocks, list) or not blocks:
        return ["blocks: not a list with something in it"]
    mistakes = [f"{len(blocks)} blocks"] if len(blocks) > MOST_BLOCKS else []
    for number, block in enumerate(blocks):
        kind = block.get("type") if isinstance(block, dict) else None
        check = _CHECKS.get(str(kind))
        found = check(block) if check else iter([f"unknown type {kind!r}"])
        mistakes += [f"block {number}: {mistake}" for mistake in found]
    return mistakes


def too_long(blocks: Any) -> bool:
    """Say whether Slack would refuse the blocks for their length altogether."""
    return len(json.dumps(blocks, ensure_ascii=False)) > MOST_CHARACTERS


def _text(value: Any, limit: int, kinds: tuple[str, ...] = ("mrkdwn", "plain_text")) -> Iterator[str]:
    if not isinstance(value, dict) or value.get("type") not in kinds:
        yield f"not a text object of {kinds}"
        return
    text = value.get("text")
    if not isinstance(text, str) or not 1 <= len(text) <= limit:
        yield f"text not between 1 and {limit} characters"
    if "emoji" in value and value["type"] != "plain_text":
        yield "emoji is for plain_text"
    if not set(value) <= {"type", "text", "emoji", "verbatim"}:
        yield "unknown key in a text object"


def _header(block: dict[str, Any]) -> Iterator[str]:
    yield from _text(block.get("text"), 150, ("plain_text",))


def _section(block: dict[str, Any]) -> Iterator[str]:
    fields = block.get("fields", [])
    if "text" in block:
        yield from _text(block["text"], 3000)
    elif not fields:
        yield "a section without text"
    if len(fields) > _MOST_FIELDS:
        yield f"{len(fields)} fields"
    for field in fields:
        yield from _text(field, 2000)


def _context(block: dict[str, Any]) -> Iterator[str]:
    elements = block.get("elements")
    if not isinstance(elements, list) or not 1 <= len(elements) <= _MOST_CONTEXT:
        yield "not between 1 and 10 elements"
        return
    for element in elements:
        yield from _text(element, 2000)


def _actions(block: dict[str, Any]) -> Iterator[str]:
    elements = block.get("elements")
    if not isinstance(elements, list) or not 1 <= len(elements) <= _MOST_ACTIONS:
        yield "not between 1 and 25 elements"
        return
    names = [element.get("action_id") for element in elements]
    if len(set(names)) < len(names):
        yield "two elements with one action_id"
    for element in elements:
        if not isinstance(element.get("action_id"), str) or not 1 <= len(element["action_id"]) <= _MOST_NAME:
            yield "action_id not between 1 and 255 characters"
        check = {"button": _button, "static_select": _select}.get(str(element.get("type")))
        yield from check(element) if check else iter([f"unknown element {element.get('type')!r}"])


def _button(element: dict[str, Any]) -> Iterator[str]:
    yield from _text(element.get("text"), 75, ("plain_text",))
    if len(element.get("value", "")) > 2000:  # noqa: PLR2004 - documented
        yield "value longer than 2000 characters"
    if not set(element) <= {"type", "action_id", "text", "value", "url", "style", "confirm"}:
        yield "unknown key in a button"


def _select(element: dict[str, Any]) -> Iterator[str]:
    yield from _text(element.get("placeholder"), 150, ("plain_text",))
    options = element.get("options") or []
    if not 1 <= len(options) <= 100:  # noqa: PLR2004 - documented
        yield "not between 1 and 100 options"
    for option in options:
        yield from _text(option.get("text"), 75, ("plain_text",))
        if not 1 <= len(option.get("value", "")) <= 75:  # noqa: PLR2004 - 150 by now, 75 for years
            yield "value not between 1 and 75 characters"
    if len({option.get("value") for option in options}) < len(options):
        yield "two options with one value"
    if not set(element) <= {"type", "action_id", "placeholder", "options", "confirm"}:
        yield "unknown key in a select"


def _divider(block: dict[str, Any]) -> Iterator[str]:
    if set(block) - {"type", "block_id"}:
        yield "a divider holds nothing"


def _rich_text(block: dict[str, Any]) -> Iterator[str]:
    elements = block.get("elements")
    if not isinstance(elements, list) or not elements:
        yield "rich_text without elements"
        return
    for element in elements:
        if element.get("type") == "rich_text_list":
            yield from _list(element)
        else:
            yield from _run(element, ("rich_text_section", "rich_text_quote", "rich_text_preformatted"))


def _list(element: dict[str, Any]) -> Iterator[str]:
    if element.get("style") not in ("bullet", "ordered"):
        yield "a list without a style"
    if not element.get("elements"):
        yield "an empty list"
    for item in element.get("elements") or ():
        yield from _run(item, ("rich_text_section",))


def _run(element: dict[str, Any], kinds: tuple[str, ...]) -> Iterator[str]:
    if element.get("type") not in kinds:
        yield f"unknown rich_text element {element.get('type')!r}"
    elif not element.get("elements"):
        yield "an empty rich_text element"
    else:
        for part in element["elements"]:
            yield from _date(part) if part.get("type") == "date" else _part(part)


def _date(part: dict[str, Any]) -> Iterator[str]:
    """Check a date; Slack wants an integer (https://github.com/soxtoby/SlackNet/issues/239)."""
    if type(part.get("timestamp")) is not int or part["timestamp"] <= 0:
        yield "a date without an integer timestamp"
    if not isinstance(part.get("format"), str) or "{" not in part["format"]:
        yield "a date without a format"
    if not set(part) <= {"type", "timestamp", "format", "fallback", "url", "style"}:
        yield "unknown key in a date"


def _part(part: dict[str, Any]) -> Iterator[str]:
    kind = part.get("type")
    if kind not in ("text", "link"):
        yield f"unknown part {kind!r}"
        return
    if not isinstance(part.get("text"), str) or not part["text"]:
        yield f"a {kind} without text"
    if not set(part) <= {"type", "text", "style", "url"}:
        yield f"unknown key in a {kind}"
    style = part.get("style", {})
    if not set(style) <= _STYLES or not all(value is True for value in style.values()):
        yield "unknown style"
    if kind == "link":
        url = part.get("url")
        if not isinstance(url, str) or not url.startswith(("http://", "https://")) or not len(url) <= 3000:  # noqa: PLR2004 - documented
            yield "a link without a usable URL"


_CHECKS: dict[str, Callable[[dict[str, Any]], Iterator[str]]] = {
    "actions": _actions,
    "context": _context,
    "divider": _divider,
    "header": _header,
    "rich_text": _rich_text,
    "section": _section,
}
