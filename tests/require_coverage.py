"""Fail where a branch of the pure core is not covered: `python tests/require_coverage.py COVERAGE.json`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

WHOLE = ("monitor/decide/", "monitor/rules/", "monitor/text/")


def main(report: str) -> int:
    """Print each gap, and return how many files have one."""
    files = json.loads(Path(report).read_text(encoding="utf-8"))["files"]
    core = {name: file for name, file in files.items() if name.startswith(WHOLE)}
    gaps = 0
    for name, file in sorted(core.items()):
        missing = [*file["missing_lines"], *(f"{start}->{end}" for start, end in file["missing_branches"])]
        if missing:
            gaps += 1
            print(f"{name}: not covered: {', '.join(map(str, missing))}")
    if not core:
        print("no file of the core was measured")
    return gaps if core else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
