"""What the main file says, what it includes, and every mistake of all files in one pass."""

import os
import unicodedata
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config.load import load_config, watched_files
from monitor.model import Backlog, Priority
from tests.config.place import Place

KNOWN = "known here: `actors`, `allow`, `allow_files`, `breaker`, `channels`, `console`, `contact`, `defaults`, `feeds`, `heartbeat`, `include`, `maintenance`, `ops`, `retention`, `routes`, `rules`, `smtp`, `store`, `web`"


def test_an_empty_mapping_means_the_defaults(place: Place) -> None:
    config = place.load("{}")
    assert config.file == place.file
    assert config.folder == place.folder
    assert config.store == f"sqlite:///{place.folder}/var/monitor.db"
    assert (config.contact, config.feeds, config.include, config.allow_folders) == ("", (), (), ())
    assert config.defaults.notify == ()
    assert config.defaults.priority is Priority.NORMAL
    assert config.defaults.dedup == timedelta(days=4)
    assert config.defaults.poll.every == timedelta(minutes=10)
    assert config.defaults.backlog is Backlog.SILENT
    assert config.documents == (config.main,)


def test_everything_that_can_be_said(place: Place) -> None:
    place.write("rules/a.yaml", "rules: {a: x}\n")
    place.write("rules/b.yaml", "")
    config = place.load(
        """\
        defaults: {notify: desk, priority: high, dedup: 1d, poll: 5m, backlog: alert}
        channels: {desk: {console: true}}
        smtp: {host: mail.example.org}
        rules: {shoygu: Shoygu}
        actors: {carter: Ash Carter}
        contact: https://example.org/about
        allow_files: seeds
        include: rules/*.yaml
        store: sqlite:///state/x.db
        """
    )
    assert config.defaults.notify == ("desk",)
    assert config.defaults.priority is Priority.HIGH
    assert (config.defaults.dedup, config.defaults.poll.every) == (timedelta(days=1), timedelta(minutes=5))
    assert config.defaults.backlog is Backlog.ALERT
    assert config.contact == "https://example.org/about"
    assert config.allow_folders == (place.folder / "seeds",)
    assert config.include == ("rules/*.yaml",)
    assert config.store == f"sqlite:///{place.folder}/state/x.db"
    assert [Path(document.file).name for document in config.documents] == ["monitor.yaml", "a.yaml", "b.yaml"]


def test_a_key_without_a_value_is_as_good_as_none(place: Place) -> None:
    config = place.load("{include: , allow_files: ~, store: , contact: , defaults: , feeds: null, channels: }")
    assert config.store.endswith("/var/monitor.db")


@pytest.mark.parametrize("text", ["", "# nothing\n", "- a\n", "text\n", "~\n"])
def test_a_main_file_that_is_no_mapping(place: Place, text: str) -> None:
    [problem] = place.problems(text)
    assert problem.endswith("this should be a mapping; write keys such as `feeds:` and `channels:`")
    assert load_config(place.file, env={})[0] is None


def test_a_main_file_that_is_not_there(place: Place) -> None:
    config, [problem] = load_config(place.file, env={})
    assert config is None
    assert str(problem).endswith(
        "monitor.yaml: file not found; name another one with `--config`, or make one with `monitor init FOLDER`"
    )


def test_a_main_file_that_cannot_be_read(place: Place) -> None:
    (problem,) = load_config(place.folder, env={})[1]
    assert problem.message == "cannot be read: Is a directory"
    assert problem.hint.startswith("name the file in it, such as `")
    assert place.problems("feeds: [\n") == [
        "monitor.yaml:1:8: this `[` is never closed; close it, or quote it if it is meant as a character"
    ]


def test_unknown_keys_are_named_at_their_place_with_what_was_meant(place: Place) -> None:
    assert place.problems("chanels: {}\nfeeds: {}\nDefaults: {}\nx: 1\ndefaults: {pol: 5m, dedupe: 1d}\n") == [
        "monitor.yaml:1:1: unknown key `chanels`; did you mean `channels`?",
        "monitor.yaml:3:1: unknown key `Defaults`; did you mean `defaults`?",
        f"monitor.yaml:4:1: unknown key `x`; {KNOWN}",
        "monitor.yaml:5:12: unknown key `pol`; did you mean `poll`?",
        "monitor.yaml:5:21: unknown key `dedupe`; did you mean `dedup`?",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("contact: [a]", "1:10: this should be text, not a list"),
        ('contact: "a\\nX-Header: b"', "1:10: this should be one line of text"),
        ("include: {a: b}", "1:10: this should be a list, not a mapping"),
        ("include: [[a]]", "1:11: this should be text, not a list"),
        ("allow_files: [~]", "1:15: this should be text; it is empty"),
        ("store: {a: b}", "1:8: this should be text, not a mapping"),
        ("defaults: desk", "1:11: this should be a mapping (`key: value`), not text"),
        ("defaults: {notify: {a: b}}", "1:20: this should be a list, not a mapping"),
        ("defaults: {priority: hihg}", "1:22: `hihg` is not one of `low`, `normal`, `high`, `urgent`"),
        ("defaults: {priority: [high]}", "1:22: this is not one of `low`, `normal`, `high`, `urgent`"),
        ("defaults: {dedup: 3 days}", "1:19: `3 days` is not a duration: write it like `90s`, `10m`, `24h` or `7d`"),
        ("defaults: {poll: 22:00}", "1:18: `22:00` is not a duration: write it like `90s`, `10m`, `24h` or `7d`"),
        ("defaults: {poll: 9s}", "1:18: `9s` is too often: a feed is polled every 10s at most"),
        ("defaults: {poll: [5m]}", "1:18: this is not a duration: write it like `90s`, `10m`, `24h` or `7d`"),
        (
            "defaults: {backlog: loud}",
            "1:21: this should be one of `silent`, `digest`, `alert`, not `loud`",
        ),
    ],
)
def test_wrong_values(place: Place, text: str, problem: str) -> None:
    assert place.problems(text) == [f"monitor.yaml:{problem}"]


def test_defaults_that_are_right_count_beside_one_that_is_wrong(place: Place) -> None:
    place.write("monitor.yaml", "defaults: {notify: desk, poll: 1, priority: high, nonsense: x}")
    config, problems = load_config(place.file, env={})
    assert len(problems) == 2
    assert config is not None
    assert (config.defaults.notify, config.defaults.priority) == (("desk",), Priority.HIGH)
    assert config.defaults.poll.every == timedelta(minutes=10)


# -- included files ----------------------------------------------------------------------------------------------------


def test_keys_of_the_main_file_and_unknown_ones_in_an_included_file(place: Place) -> None:
    place.write("rules/a.yaml", "channels: {}\nrule: {}\nstore: x\n")
    assert place.problems("include: [rules/*.yaml]") == [
        "rules/a.yaml:1:1: `channels` belongs in the main file; move it to monitor.yaml",
        "rules/a.yaml:2:1: unknown key `rule`; did you mean `rules`?",
        "rules/a.yaml:3:1: `store` belongs in the main file; move it to monitor.yaml",
    ]


@pytest.mark.parametrize("text", ["- a\n", "text\n"])
def test_an_included_file_that_is_no_mapping(place: Place, text: str) -> None:
    place.write("a.yaml", text)
    [problem] = place.problems("include: a.yaml")
    assert problem == "a.yaml:1:1: this should be a mapping; write keys such as `rules:`, `actors:` or `feeds:`"


def test_a_pattern_that_matches_nothing(place: Place) -> None:
    place.write("rules/folder.yaml/x", "")
    first, second = place.problems("include:\n  - seeds/feeds.yaml\n  - rules/*.yaml\n")
    assert first.startswith("monitor.yaml:2:5: `seeds/feeds.yaml` matches no file in ")
    assert second.startswith("monitor.yaml:3:5: `rules/*.yaml` matches no file in ")


@pytest.mark.parametrize(
    "pattern", ["''", "'['", "'[]'", "'" + "x" * 5000 + "'", "'" + "a*" * 30 + "b'", "../../../nowhere"]
)
def test_strange_patterns_match_nothing(place: Place, pattern: str) -> None:
    place.write("a" * 60, "")
    problems = place.problems(f"include: [{pattern}]")
    assert len(problems) == 1
    assert "matches no file" in problems[0]


def test_patterns_reach_into_folders_and_files_are_read_once(place: Place) -> None:
    place.write("rules/deep/er/a.yaml", "rules: {a: x}\n")
    place.write("rules/b.yaml", "rules: {b: x}\n")
    absolute = place.write("elsewhere/c.yaml", "rules: {c: x}\n")
    (place.folder / "rules" / "link.yaml").symlink_to(place.folder / "rules" / "b.yaml")
    config = place.load(f"include: ['rules/**/*.yaml', rules/b.yaml, '{absolute}', '*.yaml']")
    names = [Path(document.file).name for document in config.documents]
    assert names == ["monitor.yaml", "b.yaml", "a.yaml", "c.yaml"]


def test_a_folder_whose_own_name_looks_like_a_pattern(tmp_path: Path) -> None:
    place = Place(tmp_path / "desk [news] *")
    place.write("rules/a.yaml", "rules: {a: x}\n")
    config = place.load("include: [rules/*.yaml]")
    assert len(config.documents) == 2
    assert place.folder / "rules" / "a.yaml" in watched_files(place.file, config.include)


def test_all_problems_of_all_files_at_once(place: Place) -> None:
    place.write("broken.yaml", "rules: [\n")
    place.write("double.yaml", "feeds:\n  a: https://a.example/rss\n  a: https://b.example/rss\n")
    place.write("wrong.yaml", "feeds: {B: 'ftp://c.example', d: {pol: 5m}}\n")
    place.write(".env", "GOOD=1\n=bad\n")
    assert place.problems(
        "include: [broken.yaml, double.yaml, wrong.yaml, none.yaml]\nstore: mysql://x\nx: 1\nx: 2\nstor: 1\ndefaults: {poll: x}\n"
    ) == [
        "monitor.yaml:4:1: duplicate key `x`; it stands in line 3 already",
        ".env:2:1: this line sets nothing; write NAME=value, and close the quotes",
        "broken.yaml:1:8: this `[` is never closed; close it, or quote it if it is meant as a character",
        "double.yaml:3:3: duplicate key `a`; it stands in line 2 already",
        f"monitor.yaml:1:49: `none.yaml` matches no file in {place.folder}",
        f"monitor.yaml:3:1: unknown key `x`; {KNOWN}",
        "monitor.yaml:5:1: unknown key `stor`; did you mean `store`?",
        "monitor.yaml:6:18: `x` is not a duration: write it like `90s`, `10m`, `24h` or `7d`",
        "wrong.yaml:1:9: a feed's name is made of a-z, 0-9, `-`, `_` and `.`; did you mean `b`?",
        "wrong.yaml:1:12: a feed's URL begins with https:// or http:// and holds no blank",
        "wrong.yaml:1:31: `url` is missing",
        "wrong.yaml:1:35: unknown key `pol`; did you mean `poll`?",
        "monitor.yaml:2:8: this store is of no known kind: write `sqlite:///var/monitor.db` or `postgresql://…`",
    ]


def test_files_near_by_are_named_from_here(tmp_path: Path) -> None:
    inside = Path(os.path.relpath(tmp_path / "monitor.yaml"))
    assert load_config(tmp_path / "monitor.yaml", env={})[1][0].file in (str(tmp_path / "monitor.yaml"), str(inside))
    _, [problem] = load_config(Path("nowhere.yaml"), env={})
    assert problem.file == "nowhere.yaml"


# -- the store ---------------------------------------------------------------------------------------------------------


def test_a_file_is_watched_as_the_same_however_it_is_named(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or the daemon, which was given a relative name, takes the file for another one and reloads for ever."""
    place.write("monitor.yaml", "{}")
    monkeypatch.chdir(place.folder)
    assert list(watched_files(Path(place.file.name), ())) == list(watched_files(place.file, ())) == [place.file]


def test_flag_before_variable_before_env_file_before_file(place: Place) -> None:
    text = "store: sqlite:///file.db"
    assert place.load(text).store == f"sqlite:///{place.folder}/file.db"
    place.write(".env", "MONITOR_STORE=sqlite:///dotenv.db\n")
    assert place.load(text).store == f"sqlite:///{place.folder}/dotenv.db"
    place.env["MONITOR_STORE"] = "sqlite:///variable.db"
    assert place.load(text).store == f"sqlite:///{place.folder}/variable.db"
    assert place.load(text, store="sqlite:///flag.db").store == f"sqlite:///{place.folder}/flag.db"
    place.env["MONITOR_STORE"] = ""
    assert place.load(text, store="").store == f"sqlite:///{place.folder}/file.db"


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("sqlite:////var/lib/monitor.db", "sqlite:////var/lib/monitor.db"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
        ("postgresql://user:${PASSWORD}@db/monitor", "postgresql://user:s3cret@db/monitor"),
        ("postgres://db/monitor", "postgres://db/monitor"),
    ],
)
def test_stores(place: Place, written: str, url: str) -> None:
    place.env["PASSWORD"] = "s3cret"
    config = place.load(f"store: '{written}'")
    assert config.store == url
    assert "s3cret" not in repr(config)


def test_a_password_of_the_store_may_hold_any_character(place: Place) -> None:
    place.env |= {"PASSWORD": "a@b/c:d%", "HOST": "db:5432"}
    config = place.load("store: 'postgresql://user:${PASSWORD}@${HOST}/monitor'")
    assert config.store == "postgresql://user:a%40b%2Fc%3Ad%25@db:5432/monitor"


@pytest.mark.parametrize(
    "written", ["''", "sqlite://", "sqlite:///", "mysql://user:s3cret@db/x", "monitor.db", "'${URL}'"]
)
def test_a_store_of_no_known_kind_is_not_quoted(place: Place, written: str) -> None:
    place.env["URL"] = "redis://:s3cret@db"
    [problem] = place.problems(f"store: {written}")
    assert problem == (
        "monitor.yaml:1:8: this store is of no known kind: write `sqlite:///var/monitor.db` or `postgresql://…`"
    )


def test_a_wrong_store_is_told_where_it_was_said(place: Place) -> None:
    [problem] = place.problems("store: sqlite:///x.db", store="mysql://x")
    assert problem.startswith("--store: this store is of no known kind")
    place.env["MONITOR_STORE"] = "postgresql://${NOBODY}@db/x"
    [problem] = place.problems("store: sqlite:///x.db")
    assert problem.startswith("MONITOR_STORE: `NOBODY` is not set")


@pytest.mark.parametrize(
    ("url", "usable"),
    [
        ("postgresql://user@db:abc/x", False),
        ("postgresql://db1:5432,db2:5432/x", False),
        ("postgresql://[::1:5432/x", False),
        ("postgresql://[::1]:5432/x", True),
        ("postgresql://user@/x?host=db1:5432&host=db2:5432", True),
        ("postgres://db", True),
    ],
)
def test_the_url_of_a_server_is_checked_before_it_is_opened(place: Place, url: str, *, usable: bool) -> None:
    if usable:
        assert place.load(store=url).store == url
    else:
        said = "--store: this is no URL of a PostgreSQL store: write `postgresql://user@host:5432/database`"
        assert place.problems("{}", store=url) == [said]


# -- the environment ---------------------------------------------------------------------------------------------------


def test_the_environment_wins_over_the_env_file(place: Place) -> None:
    place.write(".env", "A=file\nB='two words' # comment\nexport C=\"x=y\"\nD\nE=\nF=${A}\n")
    place.env["A"] = "environment"
    config = place.load()
    assert config.env == {"A": "environment", "B": "two words", "C": "x=y", "E": "", "F": "${A}"}
    assert "two words" not in repr(config)


def test_a_line_of_the_env_file_is_never_shown(place: Place) -> None:
    place.write(".env", "A=1\n'xoxb-secret\n=xoxb-secret\n")
    problems = place.problems("{}")
    hint = "this line sets nothing; write NAME=value, and close the quotes"
    assert problems == [f".env:2:1: {hint}", f".env:3:1: {hint}"]


@pytest.mark.parametrize("raw", [b"A=\xff\xfe\n", "A=1\n".encode("utf-16")])
def test_an_env_file_that_is_no_text(place: Place, raw: bytes) -> None:
    (place.folder / ".env").write_bytes(raw)
    assert place.problems("{}") == [".env: not a text file in UTF-8; save it as UTF-8"]


def test_an_env_file_that_cannot_be_read(place: Place) -> None:
    (place.folder / ".env").mkdir()
    assert place.problems("{}") == [".env: cannot be read: Is a directory"]


def test_an_env_file_with_a_byte_order_mark(place: Place) -> None:
    place.write(".env", "\ufeffA=1\n")
    assert place.load().env == {"A": "1"}


# -- what is watched ---------------------------------------------------------------------------------------------------


def test_every_file_that_a_load_reads_is_watched(place: Place) -> None:
    place.write("rules/a.yaml", "rules: {}\n")
    config = place.load("include: [rules/*.yaml]")
    first = watched_files(place.file, config.include)
    assert set(first) == {place.file, place.folder / "rules" / "a.yaml"}
    place.write("rules/b.yaml", "rules: {}\n")
    second = watched_files(place.file, config.include)
    assert set(second) - set(first) == {place.folder / "rules" / "b.yaml"}
    place.write("rules/a.yaml", "rules: {a: x}\n")
    third = watched_files(place.file, config.include)
    assert third[place.folder / "rules" / "a.yaml"] != second[place.folder / "rules" / "a.yaml"]
    place.write(".env", "A=1\n")
    assert place.folder / ".env" in watched_files(place.file, config.include)
    place.file.unlink()
    assert place.file not in watched_files(place.file, config.include)


def test_watching_never_raises(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    patterns = ["**/*", "[", "loop", "loop/*", "x" * 5000, "\0", ""]
    assert watched_files(tmp_path / "loop", patterns) == {}
    assert watched_files(Path("nowhere/monitor.yaml"), patterns) == {}


# -- hostile configurations --------------------------------------------------------------------------------------------

URLS = [
    "https://example.org/rss",
    "file:x",
    "file:%00",
    "file://[",
    "https://[::1",
    "https://a:b:c",
    "//",
    "sqlite:///x",
]
WORDS = [
    "",
    " ",
    "${A}",
    "${",
    "10m",
    "0s",
    "high",
    "alert",
    "en",
    "*",
    "**",
    "../x",
    "\x85",
    "a" * 300,
    "x: y",
    "[",
    "٣",
]
SCALARS = st.none() | st.sampled_from([*URLS, *WORDS])
VALUES = st.recursive(
    SCALARS | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(SCALARS.map(str) | st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)
FEED = st.dictionaries(
    st.sampled_from(["url", "poll", "lang", "country", "tags", "headers", "backlog", "typo"]), VALUES, max_size=4
)
SECTIONS = {
    "feeds": st.dictionaries(
        st.sampled_from(["a", "B", "", "a b", "é"]) | st.text(max_size=5), FEED | VALUES, max_size=3
    ),
    "defaults": st.dictionaries(
        st.sampled_from(["notify", "priority", "dedup", "poll", "backlog", "typo"]), VALUES, max_size=4
    ),
    **dict.fromkeys(("include", "allow_files", "store", "contact", "channels", "rules", "actors", "smtp", "x"), VALUES),
}


def as_yaml(value: object) -> str:
    """Write a value in flow style, each text in double quotes."""
    if value is None:
        return "~"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{as_yaml(str(key))}: {as_yaml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(as_yaml, value)) + "]"
    return '"' + "".join(f"\\U{ord(character):08X}" for character in str(value)) + '"'


@given(
    main=st.fixed_dictionaries({}, optional={key: section | VALUES for key, section in SECTIONS.items()}),
    included=st.fixed_dictionaries({}, optional={key: SECTIONS[key] | VALUES for key in ("feeds", "rules", "store")})
    | VALUES,
    store=SCALARS,
)
def test_a_hostile_configuration_gives_a_configuration_or_problems(
    tmp_path_factory: pytest.TempPathFactory, main: dict[str, object], included: object, store: str | None
) -> None:
    folder = tmp_path_factory.getbasetemp() / "hostile"
    folder.mkdir(exist_ok=True)
    (folder / "monitor.yaml").write_text(as_yaml(main | {"include": main.get("include", ["more.yaml"])}))
    (folder / "more.yaml").write_text(as_yaml(included))
    config, problems = load_config(folder / "monitor.yaml", env={"A": "s3cret"}, store=store)
    assert config is not None or problems
    for problem in problems:
        assert "s3cret" not in str(problem)
        assert not any(unicodedata.category(character) in ("Cc", "Zl", "Zp") for character in str(problem))
