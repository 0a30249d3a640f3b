"""A folder with a configuration in it."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field
from pathlib import Path

from monitor.config.config import Config
from monitor.config.load import load_config


@dataclass
class Place:
    """Write files and load what they say."""

    folder: Path
    env: dict[str, str] = field(default_factory=dict)

    @property
    def file(self) -> Path:
        return self.folder / "monitor.yaml"

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return path

    def load(self, text: str = "{}", *, store: str | None = None) -> Config:
        """Load a configuration that is right."""
        self.write("monitor.yaml", text)
        config, problems = load_config(self.file, env=self.env, store=store)
        assert [str(problem) for problem in problems] == []
        assert config is not None
        return config

    def problems(self, text: str, *, store: str | None = None) -> list[str]:
        """Load a configuration that is wrong; name files as they are called in the folder."""
        self.write("monitor.yaml", text)
        _, problems = load_config(self.file, env=self.env, store=store)
        return [str(problem).replace(f"{self.folder}/", "") for problem in problems]
