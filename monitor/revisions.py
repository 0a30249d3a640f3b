"""Load another version of the rules: an older one from git, or one that lies beside."""

from __future__ import annotations

import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from monitor.errors import NotFoundError
from monitor.rules.match import Ruleset
from monitor.setup import Setup, load_other_rules, load_rules_of_file, load_rules_of_folder

_SUFFIXES = (".yaml", ".yml")


def load_revision(setup: Setup, reference: str) -> Ruleset:
    """Load the rules that a file, a folder or a git revision holds.

    A folder with a configuration of the same name is read as that says; of any other, every YAML file is a rules file.
    A revision is one of the repository that the configuration stands in; nothing is checked out.

    Raises:
        NotFoundError: it is none of these.
        ConfigurationError: with every mistake in its rules.
    """
    path = Path(reference)
    if path.is_file():
        return load_rules_of_file(setup, path)
    if path.is_dir():
        return _of_folder(setup, path)
    with TemporaryDirectory(prefix="monitor-") as folder:
        _export(setup, reference, Path(folder))
        return load_other_rules(Path(folder) / setup.config.file.name, env=setup.config.env)


def _of_folder(setup: Setup, folder: Path) -> Ruleset:
    main = folder / setup.config.file.name
    if main.is_file():
        return load_other_rules(main, env=setup.config.env)
    files = sorted(path for path in folder.rglob("*") if path.suffix in _SUFFIXES and path.is_file())
    if not files:
        raise NotFoundError(f"there are no YAML files in {folder}")
    return load_rules_of_folder(setup, files)


def _export(setup: Setup, revision: str, target: Path) -> None:
    """Write the YAML files that a revision holds in the configuration's folder."""
    source, main = setup.config.folder, setup.config.file.name
    commit = _git(source, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if commit is None:
        raise NotFoundError(f"`{revision}` is no file, no folder and no git revision of {source}")
    name = commit.decode().strip()
    listed = _git(source, "ls-tree", "-r", "-z", "--name-only", name, "--", ".") or b""
    paths = [path for path in listed.decode("utf-8", "surrogateescape").split("\0") if path.endswith(_SUFFIXES)]
    if main not in paths:
        raise NotFoundError(f"{main} does not stand in `{revision}`")
    for path in paths:
        file = target / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(_git(source, "show", f"{name}:./{path}") or b"")


def _git(folder: Path, *arguments: str) -> bytes | None:
    """Run git in a folder; None = it refused.

    Raises:
        NotFoundError: git is not installed.
    """
    command = ["git", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - no shell, and no options from outside
    except FileNotFoundError as error:
        raise NotFoundError("git is not installed: name a file or a folder instead") from error
    return done.stdout if done.returncode == 0 else None
