"""What a pack may hold, what `monitor pack` does with it, and the packs of this repository."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from monitor.cli import cli
from monitor.document import parse_document
from monitor.errors import ConfigurationError, MonitorError
from monitor.packs.include import with_include, without_include
from monitor.packs.pack import Pack, read_pack
from monitor.packs.source import read_source

ROOT = Path(__file__).parents[2]
TODAY = date(2026, 3, 1)
ABOUT = "name: north\nversion: '1.0'\ndescription: What happens in the north\nlicense: CC0-1.0\n"
RULES = "actors: {norther: [Norther]}\nrules: {north-storm: {terms: [storm], actors: [norther], hits: [Norther in a storm]}}\n"
SOURCES = "feeds: {north-post: 'https://north.example/rss'}\n"
FILES = {"pack.yaml": ABOUT, "rules/a.yaml": RULES, "sources/b.yaml": SOURCES}


def checked(**changed: str) -> Pack:
    names = {"about": "pack.yaml", "rules": "rules/a.yaml", "sources": "sources/b.yaml"}
    files = FILES | {names.get(key, key): text for key, text in changed.items()}
    return read_pack({name: text.encode() for name, text in files.items()}, label="p", today=TODAY)


def refusals(**changed: str) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        checked(**changed)
    return [str(problem) for problem in caught.value.problems]


def test_a_pack_says_what_it_is() -> None:
    pack = checked()
    assert (pack.name, pack.version, pack.license) == ("north", "1.0", "CC0-1.0")
    assert (tuple(pack.ruleset.rules), pack.feeds, pack.examples) == (("north-storm",), ("north-post",), 1)
    assert pack.warnings == ()


@pytest.mark.parametrize("folder", sorted(path.name for path in (ROOT / "packs").iterdir()))
def test_a_pack_of_ours_is_right_and_has_no_warnings(folder: str) -> None:
    pack = read_pack(read_source(ROOT / "packs" / folder), label=folder, today=TODAY)
    assert (pack.name, pack.license, pack.warnings) == (folder, "Apache-2.0", ())
    assert all(rule.misses for rule in _shapes(pack)), "each rule says what it must not find"
    seeds = (ROOT / "seeds" / "feeds.yaml").read_text()
    assert all(url in seeds for document in pack.documents for url in _urls(document.value))


def _shapes(pack: Pack) -> list[_Examples]:
    return [_Examples(pack, rule_id) for rule_id in pack.ruleset.rules]


class _Examples:
    def __init__(self, pack: Pack, rule_id: str) -> None:
        self.misses = [one for one in pack.ruleset.compiled[rule_id].definition.examples if not one.hit]


def _urls(value: dict[str, dict[str, dict[str, str]]]) -> list[str]:
    return [feed["url"] for feed in value.get("feeds", {}).values()]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"about": "name: North\n"}, "p/pack.yaml:1:7: `North` does not fit here: write it like `press-freedom`"),
        ({"about": ABOUT + "stray: 1\n"}, "p/pack.yaml:5:1: unknown key `stray`"),
        ({"about": ABOUT.replace("license: CC0-1.0", "license: ''")}, "p/pack.yaml:4:10: this should be one line"),
        ({"about": ABOUT + "requires: '>=99'\n"}, "p/pack.yaml:5:11: this pack needs Media Monitor 99, and this is"),
        ({"about": ABOUT + "requires: '0.1'\n"}, "p/pack.yaml:5:11: `0.1` does not fit here: write it like `>=0.1`"),
        ({"about": "- x\n"}, "p/pack.yaml:1:1: this should be a mapping"),
        ({"about": "a: [\n"}, "p/pack.yaml:"),
        ({"rules": "rules: {a: {terms: [storm], hits: [Sun]}}\n"}, "p/rules/a.yaml:1:36: rule `a`: this hit is not found"),
        ({"rules": "rules: {a: storm}\n"}, "p/rules/a.yaml:1:9: the rule `a` has no examples"),
        ({"rules": "rules: {a: {terms: [x], hits: [x], notify: desk}}\n"}, "p/rules/a.yaml:1:36: a pack knows no channels"),
        ({"rules": RULES + "defaults: {notify: desk}\n"}, "p/rules/a.yaml:3:12: a pack knows no channels"),
        ({"rules": RULES + "channels: {x: {console: true}}\n"}, "p/rules/a.yaml:3:1: `channels` does not belong into rules/"),
        ({"rules": RULES + SOURCES}, "p/rules/a.yaml:3:1: `feeds` does not belong into rules/"),
        ({"rules": "- x\n"}, "p/rules/a.yaml:1:1: this should be a mapping"),
        ({"rules": "rules: {a: {use: other, hits: [x]}}\n"}, "p/rules/a.yaml:1:18: unknown rule `other`"),
        ({"sources": "- x\n"}, "p/sources/b.yaml:1:1: this should be a mapping"),
        ({"sources": "feeds: [a]\n"}, "p/sources/b.yaml:1:8: this should be a mapping of names to feeds"),
        ({"sources": RULES}, "p/sources/b.yaml:1:1: `actors` does not belong into sources/"),
        ({"sources": "feeds: {a: 'file:///etc/passwd'}\n"}, "p/sources/b.yaml:1:12: this URL is refused: it is not a URL"),
        ({"sources": "feeds: {a: 'https://x.example/?k=${SLACK_BOT_TOKEN}'}\n"}, "p/sources/b.yaml:1:12: this URL is refused: it refers to a secret"),
        ({"sources": "feeds: {a: {url: 'https://x.example/', headers: {A: '${SLACK_BOT_TOKEN}'}}}\n"}, "p/sources/b.yaml:1:40: a pack does not say `headers` of a feed"),
        ({"sources": "feeds: {a: {url: 'https://x.example/', proxy: 'http://x'}}\n"}, "p/sources/b.yaml:1:40: a pack does not say `proxy`"),
        ({"sources": "feeds: {a: {tags: [x]}}\n"}, "p/sources/b.yaml:1:12: this URL is refused: it is no text"),
        ({"run.sh": "rm -rf /\n"}, "p/run.sh: a pack holds no such file"),
        ({"rules/deep/x.yaml": RULES}, "p/rules/deep/x.yaml: a pack holds no such file"),
        ({"rules/x.yml": RULES}, "p/rules/x.yml: a pack holds no such file"),
    ],
)  # fmt: skip
def test_what_no_pack_may_hold_is_refused_at_its_place(changed: dict[str, str], said: str) -> None:
    assert any(problem.startswith(said) for problem in refusals(**changed)), refusals(**changed)


def test_a_pack_without_pack_yaml_or_anything_else_is_none() -> None:
    for files, said in (({}, "there is no pack.yaml in it"), ({"pack.yaml": ABOUT}, "holds neither rules/")):
        with pytest.raises(ConfigurationError, match=said):
            read_pack({name: text.encode() for name, text in files.items()}, label="p", today=TODAY)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a: b\n", 'a: b\n\ninclude:\n  - "packs/x/*/*.yaml"\n'),
        ("a: b", 'a: b\n\ninclude:\n  - "packs/x/*/*.yaml"\n'),
        ("include: r.yaml # c\n", 'include: [r.yaml, "packs/x/*/*.yaml"] # c\n'),
        ("include: [r.yaml]   # c\na: b\n", 'include: [r.yaml, "packs/x/*/*.yaml"]   # c\na: b\n'),
        ("include:\n- r.yaml # c\na: b\n", 'include:\n- r.yaml # c\n- "packs/x/*/*.yaml"\na: b\n'),
        ("include:\n  - r.yaml", 'include:\n  - r.yaml\n  - "packs/x/*/*.yaml"\n'),
        ("include: []\n", ""),
        ("include:\na: b\n", ""),
        ("{a: b}\n", ""),
    ],
)
def test_a_pattern_is_added_where_a_person_would(before: str, after: str) -> None:
    document, _ = parse_document(before.encode(), name="m")
    assert document is not None
    assert with_include(document, "packs/x/*/*.yaml") == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("include: [r.yaml, x] # c\n", "include: [r.yaml] # c\n"),
        ("include: [x, r.yaml]\n", "include: [r.yaml]\n"),
        ("include: [a, 'x', b]\n", "include: [a, b]\n"),
        ("include: [x]\na: b\n", "include: []\na: b\n"),
        ("include:\n  - r.yaml # c\n  - x\na: b\n", "include:\n  - r.yaml # c\na: b\n"),
        ("include:\n  - x\na: b\n", "include:\na: b\n"),
        ("include: [a,\n  x]\n", ""),
        ("include: [x, x]\n", ""),
        ("include: x\n", ""),
        ("a: b\n", ""),
    ],
)
def test_a_pattern_is_taken_out_and_comments_stay(before: str, after: str) -> None:
    document, _ = parse_document(before.encode(), name="m")
    assert document is not None
    assert without_include(document, "x") == after


# -- the command -------------------------------------------------------------------------------------------------------


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    (tmp_path / "desk").mkdir()
    text = "channels: {screen: {console: true}}\nrules: {quake: {terms: [earthquake], hits: [Earthquake]}}\n"
    (tmp_path / "desk" / "monitor.yaml").write_text(text)
    lay(tmp_path / "north", FILES)
    return tmp_path / "desk"


def lay(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def run(desk: Path, *arguments: str, answer: str = "") -> Result:
    ran = CliRunner().invoke(cli, ["-c", str(desk / "monitor.yaml"), "pack", *arguments], input=answer)
    if ran.exception is not None and not isinstance(ran.exception, SystemExit):
        raise ran.exception
    return ran


def test_a_pack_is_taken_read_and_removed_again(desk: Path) -> None:
    before = (desk / "monitor.yaml").read_text()
    assert "no packs" in run(desk, "list").output
    added = run(desk, "add", str(desk.parent / "north"))
    assert (
        "north 1.0: What happens in the north\n  1 rule, 1 feed, 1 example passed; license: CC0-1.0\n" in added.output
    )
    assert "copied to packs/north" in added.output
    assert '+  - "packs/north/*/*.yaml"' in added.output
    ran = CliRunner().invoke(cli, ["-c", str(desk / "monitor.yaml"), "check"])
    assert ran.output == "ok: 3 files, 1 feed, 2 rules, 1 channel\n"
    (listed,) = json.loads(run(desk, "list", "--json").output)["packs"]
    assert (listed["name"], listed["included"], listed["rules"]) == ("north", True, ["north-storm"])
    assert "included  1 rule, 1 feed" in run(desk, "list").output
    assert "is the same already" in run(desk, "add", str(desk.parent / "north")).output
    assert run(desk, "remove", "north", answer="n\n").exit_code == 1
    assert (desk / "packs" / "north" / "pack.yaml").exists()
    removed = run(desk, "remove", "north", answer="y\n")
    assert "removed packs/north" in removed.output
    assert (desk / "monitor.yaml").read_text() == before + "\ninclude:\n"
    assert list((desk / "packs").iterdir()) == []
    assert CliRunner().invoke(cli, ["-c", str(desk / "monitor.yaml"), "check"]).exit_code == 0


def test_another_version_is_shown_before_it_is_taken(desk: Path) -> None:
    run(desk, "add", str(desk.parent / "north"))
    newer = {**FILES, "rules/a.yaml": RULES.replace("[storm]", "[storm, gale]"), "README.md": "Red\x1b[31m.\n"}
    del newer["sources/b.yaml"]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in newer.items():
            archive.writestr(f"north-2/{name}", text)
    (desk.parent / "north.zip").write_bytes(out.getvalue())
    refused = run(desk, "add", str(desk.parent / "north.zip"), answer="n\n")
    assert refused.exit_code == 1
    assert (
        "+rules: {north-storm: {terms: [storm, gale], actors: [norther], hits: [Norther in a storm]}}" in refused.output
    )
    assert "-feeds: {north-post:" in refused.output
    assert "\x1b" not in refused.output
    assert (desk / "packs" / "north" / "rules" / "a.yaml").read_text() == RULES
    taken = run(desk, "add", str(desk.parent / "north.zip"), "--yes")
    assert taken.exit_code == 0
    lying = {path.relative_to(desk / "packs").as_posix() for path in (desk / "packs").rglob("*") if path.is_file()}
    assert lying == {".added", "north/pack.yaml", "north/README.md", "north/rules/a.yaml"}


def test_its_sources_can_be_left_out(desk: Path) -> None:
    assert "1 rule, 0 feeds" in run(desk, "add", str(desk.parent / "north"), "--no-sources").output
    assert not (desk / "packs" / "north" / "sources").exists()


@pytest.mark.parametrize(
    ("theirs", "said"),
    [
        ("rules: {north-storm: storm}\n", "`north-storm` stands under `rules` of"),
        ("actors: {norther: [X]}\nrules: {quake: earthquake}\n", "`norther` stands under `actors` of"),
        ("feeds: {north-post: 'https://other.example/'}\nrules: {quake: earthquake}\n", "`north-post` stands under `feeds`"),
        ("feeds: {other: 'https://north.example/rss'}\nrules: {quake: earthquake}\n", "`other` in .* has the same URL"),
    ],
)  # fmt: skip
def test_a_pack_that_does_not_fit_is_refused_and_nothing_is_written(desk: Path, theirs: str, said: str) -> None:
    (desk / "monitor.yaml").write_text("channels: {screen: {console: true}}\n" + theirs)
    with pytest.raises(MonitorError, match=said):
        run(desk, "add", str(desk.parent / "north"))
    assert not (desk / "packs").exists()


def test_a_pack_that_is_in_use_is_not_removed(desk: Path) -> None:
    run(desk, "add", str(desk.parent / "north"))
    with (desk / "monitor.yaml").open("a") as file:
        file.write("actors: {}\n")
    (desk / "monitor.yaml").write_text(
        (desk / "monitor.yaml").read_text().replace("terms: [earthquake], hits: [Earthquake]", "actors: norther")
    )
    with pytest.raises(MonitorError, match="unknown actor `norther`"):
        run(desk, "remove", "north", "--yes")
    assert (desk / "packs" / "north" / "pack.yaml").exists()


@pytest.mark.parametrize("name", ["nosuch", "..", ".", "../desk", "a/b", "", "NORTH"])
def test_what_is_no_pack_is_not_removed(desk: Path, name: str) -> None:
    with pytest.raises(MonitorError, match="there is no pack"):
        run(desk, "remove", "--yes", name)


def test_a_folder_or_link_of_ones_own_is_left_alone(desk: Path) -> None:
    (desk / "packs").mkdir()
    (desk / "packs" / "north").symlink_to(desk.parent / "north")
    for arguments in (["add", str(desk.parent / "north"), "--yes"], ["remove", "north", "--yes"]):
        with pytest.raises(MonitorError, match="is no pack: it is left alone"):
            run(desk, *arguments)
    (desk / "packs" / "north").unlink()
    lay(desk / "packs" / "north", {"mine.txt": "x"})
    with pytest.raises(MonitorError, match="is no pack: it is left alone"):
        run(desk, "add", str(desk.parent / "north"), "--yes")
    assert "north  -  refused  packs/north: there is no pack.yaml in it" in run(desk, "list").output


def test_a_pack_that_was_there_is_taken_out_of_the_files_and_left(desk: Path) -> None:
    """The packs of a git repository are part of it: no command of ours may delete them."""
    lay(desk / "packs" / "north", FILES)
    with pytest.raises(MonitorError, match=r"has not put \S+north there: it is left alone"):
        run(desk, "remove", "north", "--yes")
    (desk.parent / "north" / "README.md").write_text("A new version.")
    assert "copied to packs/north" in run(desk, "add", str(desk.parent / "north"), "--yes").output
    removed = run(desk, "remove", "north")
    assert '-  - "packs/north/*/*.yaml"' in removed.output
    assert removed.output.endswith("packs/north is left there: `monitor pack add` has not put it there\n")
    assert (desk / "packs" / "north" / "pack.yaml").exists()
    (desk / "packs" / ".added").write_bytes(b"\xff")
    with pytest.raises(MonitorError, match=r"\.added cannot be read"):
        run(desk, "remove", "north")


def test_an_include_that_is_for_a_person_to_change_is_said(desk: Path) -> None:
    (desk / "monitor.yaml").write_text("{channels: {screen: {console: true}}, rules: {quake: earthquake}}\n")
    added = run(desk, "add", str(desk.parent / "north"))
    assert "add `packs/north/*/*.yaml` under `include:`" in added.output
    assert "not included" in run(desk, "list").output


def test_a_pattern_that_matches_nothing_any_more_is_named(desk: Path) -> None:
    run(desk, "add", str(desk.parent / "north"))
    file = desk / "monitor.yaml"
    file.write_text(file.read_text().replace("packs/north/*", "packs/*/*"))
    assert "is the same already\n" in run(desk, "add", str(desk.parent / "north")).output
    assert "`packs/*/*/*.yaml` under `include` matches no file any more" in run(desk, "remove", "north", "--yes").output


def test_a_pack_is_checked_without_being_taken(desk: Path) -> None:
    warned = RULES.replace("[storm]", "[storm, the]")
    lay(desk.parent / "odd", {**FILES, "rules/a.yaml": warned})
    tested = run(desk, "test", str(desk.parent / "odd"))
    assert tested.exit_code == 0
    assert "MM102 `the`" in tested.output
    assert not (desk / "packs").exists()
