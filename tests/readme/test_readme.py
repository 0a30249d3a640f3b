"""The README does what it says: its files are written, its commands are run, their output is compared."""

import os
import re
import resource
import shlex
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import forks
from tests.docs.pages import Page, parsed

ROOT = Path(__file__).parents[2]
FIRST_ALERT = 60.0  # seconds from the command to the alert, where packages need not be downloaded
README = (ROOT / "README.md").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Block:
    language: str
    body: str

    @property
    def file(self) -> str:
        """The file that a block is, by its first line: `# desk/monitor.yaml`."""
        named = re.match(r"# (\S+/\S+)\n", self.body)
        return named[1] if named else ""


BLOCKS = [Block(*found) for found in re.findall(r"^```(\w+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)]


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MONITOR_", "SLACK_"))}
    return {**kept, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "200"}


def sessions(body: str) -> list[tuple[str, str]]:
    """Cut a console block into (command, output)."""
    parts = re.split(r"^\$ (.*)\n", body, flags=re.MULTILINE)[1:]
    return list(zip(parts[::2], parts[1::2], strict=True))


def test_the_guide_works_from_its_first_line_to_its_last(tmp_path: Path) -> None:
    ran = 0
    for block in BLOCKS:
        if block.file:
            path = tmp_path / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.body, encoding="utf-8")
        elif block.language == "console":
            for command, output in sessions(block.body):
                first, *arguments = shlex.split(command)
                if first == "rm":
                    (tmp_path / arguments[0]).unlink()
                else:
                    assert first == "monitor", command
                    _, out, err = forks.monitor(tmp_path, *arguments, env=environment())
                    assert out + err == output, command
                ran += 1
    assert ran == 6


def test_the_other_commands_of_the_guide_exist() -> None:
    commands = [line for line in Page(ROOT / "README.md").commands() if line.startswith("monitor ")]
    assert len(commands) == 16
    assert all(parsed(command) for command in commands)


def test_every_yaml_block_says_which_file_it_is() -> None:
    assert all(block.file for block in BLOCKS if block.language == "yaml")


def test_the_alert_shown_is_what_the_seed_story_gives(tmp_path: Path) -> None:
    (shown,) = (block.body for block in BLOCKS if block.language == "text")
    folder = ROOT / "seeds" / "stories" / "2015-09-18-us-russia-military-talks"
    (tmp_path / "monitor.yaml").write_text(
        f"channels: {{screen: {{console: true}}}}\nallow_files: ['{folder}']\ninclude: ['{ROOT}/rules/*.yaml']\n"
        f"feeds: {{harbour-wire: {{url: 'file:{folder}/harbour-wire.rss.xml', backlog: alert}}}}\n"
    )
    _, out, _ = forks.monitor(tmp_path, "run", "--once", env=environment())
    assert shown.strip() in out.replace("**", "")


def newcomer(home: Path) -> dict[str, str]:
    """Return the environment of somebody who has just come: nothing is set but how to reach a package index."""
    kept = re.compile(r"(PIP_|(HTTP|HTTPS|ALL|NO)_PROXY$|SSL_CERT|REQUESTS_CA)", re.IGNORECASE)
    env = {name: value for name, value in os.environ.items() if kept.match(name)}
    cache = subprocess.run([sys.executable, "-m", "pip", "cache", "dir"], capture_output=True, text=True, check=False)
    if cache.returncode == 0:  # a warm one, where there is one
        env["PIP_CACHE_DIR"] = cache.stdout.strip()
    for settings in (Path.home() / ".config" / "pip" / "pip.conf", Path.home() / ".pip" / "pip.conf"):
        if settings.is_file():
            env["PIP_CONFIG_FILE"] = str(settings)
    home.mkdir()
    return env | {"HOME": str(home), "PATH": environment()["PATH"]}


@pytest.mark.timeout(600)
def test_the_first_command_on_a_fresh_clone_tells_the_story(tmp_path: Path) -> None:
    command = next(block.body for block in BLOCKS if "pip install . " in block.body).strip()
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if tracked.returncode:
        pytest.skip("not a git checkout: what a clone would hold is not known")
    clone = tmp_path / "clone"
    for name in tracked.stdout.splitlines():
        if (ROOT / name).is_file():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, clone / name)
    config = clone / "monitor.yaml"  # the starter feeds are left out: tests ask nobody on the internet
    config.write_text(re.sub(r"^.*seeds/feeds\.yaml.*\n", "", config.read_text(), flags=re.MULTILINE))
    env, before = newcomer(tmp_path / "home"), resource.getrusage(resource.RUSAGE_CHILDREN)
    process = subprocess.Popen(
        command,
        shell=True,
        cwd=clone,
        env=env,
        text=True,
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        told = any("Shoygu" in line for line in process.stdout)
        os.killpg(process.pid, signal.SIGTERM)
        _, errors = process.communicate(timeout=15)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    if not told and re.search("No matching distribution|connection", errors):
        pytest.skip("the package index cannot be reached from here")
    assert told, errors
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    assert spent < FIRST_ALERT, f"{spent:.0f} s of CPU time, on a machine that other tests use, too"
