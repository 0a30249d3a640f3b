"""`python -m bench NAME [ARGUMENTS]`."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import bench


def main() -> int:
    """Run one benchmark, or list them."""
    names = sorted(module.name for module in pkgutil.iter_modules(bench.__path__) if not module.name.startswith("_"))
    if len(sys.argv) < 2 or sys.argv[1] not in names:
        print("usage: python -m bench NAME [ARGUMENTS]")
        for name in names:
            summary = (importlib.import_module(f"bench.{name}").__doc__ or "").partition("\n")[0]
            print(f"  {name:<10} {summary}")
        return 2
    code: int = importlib.import_module(f"bench.{sys.argv[1]}").main(sys.argv[2:])
    return code


if __name__ == "__main__":
    sys.exit(main())
