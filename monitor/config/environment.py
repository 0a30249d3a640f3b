"""The environment, and the file `.env` that adds to it."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

from dotenv.parser import parse_stream

from monitor.errors import Problem


def read_environment(
    folder: Path, env: Mapping[str, str], *, name: str = ".env"
) -> tuple[dict[str, str], list[Problem]]:
    """Join the file `.env` of a folder with the environment, which wins; `name` is what messages call the file.

    A line that cannot be understood is a problem; it may hold a secret, so it is named and not shown.
    """
    try:
        text = (folder / ".env").read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return dict(env), []
    except OSError as error:
        return dict(env), [Problem(file=name, message=f"cannot be read: {error.strerror or 'I/O error'}")]
    except UnicodeDecodeError:
        return dict(env), [Problem(file=name, message="not a text file in UTF-8", hint="save it as UTF-8")]
    values: dict[str, str] = {}
    problems: list[Problem] = []
    for binding in parse_stream(io.StringIO(text)):
        if binding.error:
            message, hint = "this line sets nothing", "write NAME=value, and close the quotes"
            problems.append(Problem(file=name, line=binding.original.line, column=1, message=message, hint=hint))
        elif binding.key is not None and binding.value is not None:
            values[binding.key] = binding.value
    return values | dict(env), problems
