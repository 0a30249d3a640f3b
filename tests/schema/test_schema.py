"""The schemas: made of the models, committed, and of one mind with the loader."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from monitor.config.load import INCLUDED_KEYS, MAIN_KEYS, load_config
from monitor.document import parse_document
from monitor.model import Priority
from monitor.notify.channels import load_channels
from monitor.rules.load import load_rules
from monitor.schema import FOLDER, build_schemas, written
from tests import forks

ROOT = Path(__file__).parents[2]
BUNDLED = [ROOT / "monitor.yaml", *sorted((ROOT / "rules").glob("*.yaml")), ROOT / "seeds" / "feeds.yaml"]
SCHEMAS = build_schemas()
VALIDATORS = {name: jsonschema.Draft7Validator(schema) for name, schema in SCHEMAS.items()}


def as_editors_read(text: str) -> Any:
    """Read YAML 1.2 with its numbers and truth values; days stay text."""
    yaml = YAML(typ="safe", pure=True)
    return json.loads(json.dumps(yaml.load(StringIO(text)), default=str))


def errors(text: str, *, schema: str = "rules.json") -> list[str]:
    return [error.message for error in VALIDATORS[schema].iter_errors(as_editors_read(text))]


def loads(text: str) -> bool:
    document, problems = parse_document(text.encode(), name="rules.yaml")
    assert document is not None
    assert problems == []
    return not load_rules([document], channels=None, default_notify=(), default_priority=Priority.NORMAL)[1]


def test_editors_are_told_what_a_key_means() -> None:
    schema = SCHEMAS["monitor.json"]
    feed = next(each for each in schema["$defs"]["FeedSettings"]["anyOf"] if each["type"] == "object")
    assert feed["properties"]["backlog"]["description"].startswith("What is done with what it did not bring")
    for shape in schema["$defs"].values():
        for branch in shape.get("anyOf", [shape]):
            undescribed = {key for key, each in branch.get("properties", {}).items() if "description" not in each}
            assert undescribed == set(), shape


# -- the files ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_committed_schema_is_what_the_models_say(name: str) -> None:
    current = (FOLDER / name).read_text(encoding="utf-8")
    assert current == written(SCHEMAS[name]), "run `python -m monitor.schema`"


def test_no_other_schema_lies_there() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(SCHEMAS)


@pytest.mark.parametrize("name", SCHEMAS)
def test_each_is_a_schema(name: str) -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMAS[name])
    keys = MAIN_KEYS if name == "monitor.json" else INCLUDED_KEYS
    assert set(SCHEMAS[name]["properties"]) == set(keys)


def test_the_command_prints_them(tmp_path: Path) -> None:
    for kind in ("rules", "monitor"):
        code, out, _ = forks.monitor(tmp_path, "schema", kind)
        assert code == 0
        assert json.loads(out) == SCHEMAS[f"{kind}.json"]


@pytest.mark.parametrize("path", BUNDLED, ids=lambda path: str(path.relative_to(ROOT)))
def test_bundled_files_name_their_schema_and_satisfy_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    modeline = re.match(r"# yaml-language-server: \$schema=(\S+)\n", text)
    assert modeline is not None
    named = (path.parent / modeline[1]).resolve()
    assert named == FOLDER / ("monitor.json" if path.name == "monitor.yaml" else "rules.json")
    assert errors(text, schema=named.name) == []


def test_check_jsonschema_agrees() -> None:
    def check(*files: Path) -> int:
        command = [
            sys.executable,
            "-m",
            "check_jsonschema",
            "--schemafile",
            str(FOLDER / "rules.json"),
            *map(str, files),
        ]
        return subprocess.run(command, capture_output=True, check=False).returncode

    assert check(*BUNDLED[1:]) == 0
    assert check(BUNDLED[0]) == 1  # the main file is no rules file


# -- rules -------------------------------------------------------------------------------------------------------------

RIGHT = [
    "",
    "rules:",
    "actors:\nrules: ~",
    "rules: {a: military talks, b: [x, y], c: {terms: x}, d: {all: [x], none: y}}",
    "rules: {a: 1984, b: [on, 2.5, 2027-06-30, NO, 22:00, 010]}",
    "actors: {a: Ay, b: [Bee, 7], c: {names: Cee, wikidata: Q1, note: n}}\nrules: {r: {actors: [a, b, c]}}",
    "rules: {r: {terms: x, in: title, priority: high, tags: [x], owner: me, note: why}}",
    "rules: {r: {terms: x, in: [title, body], hits: x, misses: [y, {title: z, lang: ru}]}}",
    "feeds: {a: 'https://example.org/rss', b: {url: 'https://example.org/b', poll: 1h30m, headers: {A: b}, tags: x}}",
]
WHOLE = """
actors: {shoygu: {names: [Shoygu], not: Shoygu Street, title: [Minister], wikidata: Q189}, carter: Ash Carter}
defaults: {notify: desk, priority: low, in: title, lang: en, owner: x, tags: [a], dedup: 4h, sources: [wire]}
rules:
  one:
    terms: [military talks, {all: [a, b], none: c}]
    actors: [shoygu, carter]
    near: {of: [talks, Syria], within: 12, ordered: true}
    in: [title, summary]
    lang: [en, ru]
    sources: {only: [wire, reuters.com], never: [rt.com]}
    at_least: {entries: 3, sources: 2, within: 2h}
    min_count: 2
    dedup: 24h
    expires: 2027-06-30
    hits: [x, {title: y, lang: ru, source: [wire, a]}]
  two: {terms: x, absent: {within: 24h}}
  three: {terms: x, spike: {factor: 3, over: 1h, baseline: 14d}}
  four: {terms: x, new: {within: 7d}}
  five: {exact: US, re: "a+b", use: two, new: true}
  six: {near: [{of: [a, b], within: 3}], sources: wire, any: [x, y], absent: 24h}
  seven: {query: '"military talks" NEAR/12 Syria'}
"""
RIGHT.append(WHOLE)
WRONG = [
    "rules: {r: {terms: x, at_least: {entires: 3}}}",
    "rules: {r: {near: {of: [a], within: 3}}}",
    "rules: {r: {near: {of: [a, b], within: 3, orderd: true}}}",
    "rules: {r: {terms: x, min_count: 0}}",
    "rules: {r: {terms: x, dedup: 24 h}}",
    "rules: {r: {terms: x, expires: soon}}",
    "rules: {r: {terms: x, sources: {onyl: a}}}",
    "rules: {r: {terms: [{termz: a}]}}",
    "rules: {r: {terms: x, spike: {factor: much, over: 1h, baseline: 2d}}}",
    "defaults: {terms: x}",
    "rules: {r: {term: x}}",
    "rules: {r: {terms: x, prioriti: low}}",
    "rules: {r: {terms: x, hits: {titel: y}}}",
    "rules: {r: {terms: x, priority: hihg}}",
    "rules: {r: {terms: x, priority: [low]}}",
    "rules: {r: {terms: x, priority: ~}}",
    "rules: {r: {terms: x, in: [title, sumary]}}",
    "rules: {r: {terms: x, in: []}}",
    "rules: {r: {terms: x, title: [a]}}",
    "rules: {r: {terms: x, title: }}",
    "rules: {r: {terms: {a: b}}}",
    "rules: {r: {terms: x, notify: {a: b}}}",
    "rules: {r: {terms: x, hits: [[a]]}}",
    "rules: {r: {terms: x, hits: [~]}}",
    "rules: {r: {terms: x, all: }}",
    "rules: {r: [[a]]}",
    "rules: {r: [a: b]}",
    "rules: {r: [~]}",
    "rules: {r: []}",
    "rules: {My Rule: x}",
    "rules: {Шойгу: x}",
    "rules: [a]",
    "rules: text",
    "actors: {a: {name: x}}",
    "actors: {a: {names: x, wiki: Q1}}",
    "actors: {a: []}",
    "actors: [a]",
]
WRONG_ELSEWHERE = [
    "- a",
    "text",
    "rulez: {a: b}",
    "feeds: {a: {link: x}}",
    "feeds: {a: {url: x, poll: 10}}",
    "feeds: {a: []}",
]


@pytest.mark.parametrize("text", RIGHT)
def test_what_loads_satisfies_the_schema(text: str) -> None:
    assert errors(text) == []
    assert loads(text)


@pytest.mark.parametrize("text", WRONG)
def test_what_the_loader_refuses_the_schema_refuses(text: str) -> None:
    assert errors(text)
    assert not loads(text)


@pytest.mark.parametrize("text", WRONG_ELSEWHERE)
def test_what_is_not_for_the_rules_to_refuse_is_refused_too(text: str) -> None:
    assert errors(text)


values = st.recursive(
    st.sampled_from(["x", "talks", "title", "high", "actor:x", 7, True, 1.5]),
    lambda inner: st.lists(inner, min_size=1, max_size=3)
    | st.dictionaries(st.sampled_from(["terms", "actors", "all", "none", "in", "hits", "names", "title", "priority", "odd"]), inner, min_size=1, max_size=4),
    max_leaves=8,
)  # fmt: skip


@given(
    st.dictionaries(
        st.sampled_from(["rules", "actors"]), st.dictionaries(st.sampled_from(["a", "x"]), values), max_size=2
    )
)
def test_whatever_loads_satisfies_the_schema(value: dict[str, Any]) -> None:
    text = json.dumps(value)
    if loads(text):
        assert errors(text) == []


# -- monitor.yaml ------------------------------------------------------------------------------------------------------

MAIN = """
defaults: {notify: desk, priority: high, dedup: 4d, poll: 10m, backlog: alert}
channels:
  desk: {slack: "#desk", token: "${SLACK_BOT_TOKEN}"}
  hook: {slack_webhook: "${SLACK_WEBHOOK_URL}"}
  mail: {email: [a@example.org, b@example.org]}
  chief: {email: chief@example.org}
  web: {webhook: "https://example.org/hook", secret: "${HOOK}"}
  log: {console: true}
smtp: {host: localhost, port: 25, from: monitor@example.org, tls: none}
feeds: {wire: "https://wire.example/rss"}
include: rules/*.yaml
allow_files: [feeds]
contact: desk@example.org
store: sqlite:///var/monitor.db
"""


def loads_as_main(folder: Path, text: str) -> bool:
    file = folder / "monitor.yaml"
    file.write_text(text, encoding="utf-8")
    (folder / "rules").mkdir(exist_ok=True)
    (folder / "rules" / "one.yaml").touch()
    env = {
        "SLACK_BOT_TOKEN": "xoxb-1234567890-abcdefghij",
        "SLACK_WEBHOOK_URL": "https://hooks.slack.example/x",
        "HOOK": "secret",
    }
    config, problems = load_config(file, env=env)
    if config is None:
        return False
    return not problems + load_channels(config.main, base=folder, env=env)[1]


def test_the_main_file_has_its_own_schema(tmp_path: Path) -> None:
    assert errors(MAIN, schema="monitor.json") == []
    assert loads_as_main(tmp_path, MAIN)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("priority: high", "priority: hihg"),
        ("priority: high", "priority: 30"),
        ("dedup: 4d", "dedup: 4 days"),
        ("dedup: 4d", "dedup: ''"),
        ("poll: 10m", "poll: 10"),
        ("poll: 10m", "pol: 10m"),
        ("backlog: alert", "backlog: loud"),
        ("console: true", "consol: true"),
        ("console: true", "console: maybe"),
        ('"${SLACK_BOT_TOKEN}"', "xoxb-in-the-clear"),
        ('slack: "#desk"', 'slack: ["#desk"]'),
        ("port: 25", "port: smtp"),
        ("port: 25", "port: 99999"),
        ("from: monitor@example.org, ", ""),
        ("tls: none", "tls: maybe"),
        ("include: rules/*.yaml", "include: {a: b}"),
        ("contact: desk", "contcat: desk"),
        ("feeds: {wire:", "feeds: {My Wire:"),
    ],
)
def test_mistakes_in_the_main_file_are_refused_by_both(old: str, new: str, tmp_path: Path) -> None:
    assert old in MAIN
    text = MAIN.replace(old, new, 1)
    assert errors(text, schema="monitor.json")
    assert not loads_as_main(tmp_path, text)
