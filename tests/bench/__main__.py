"""`make bench`: runs each module beside this that has a `main()`; each prints its own table of ratios.

`python -m tests.bench NAME …` runs only those.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
import time
from collections.abc import Callable, Sequence

from tests import bench, servers


def benchmarks() -> dict[str, Callable[[], None]]:
    """Every benchmark by its module's name."""
    names = sorted(module.name for module in pkgutil.iter_modules(bench.__path__) if module.name != "__main__")
    modules = {name: importlib.import_module(f"{bench.__name__}.{name}") for name in names}
    return {name: module.main for name, module in modules.items() if hasattr(module, "main")}


def main(chosen: Sequence[str]) -> int:
    """Run the chosen benchmarks, or all; returns 1 when there is none of that name."""
    servers.end_on_sigterm()
    found = benchmarks()
    missing = [name for name in chosen if name not in found]
    if missing or not found:
        sys.stderr.write(f"bench: no such benchmark: {', '.join(missing)}; there are: {', '.join(found) or 'none'}\n")
        return 1
    for name in chosen or found:
        began = time.monotonic()
        sys.stdout.write(f"\n== {name}\n")
        found[name]()
        sys.stdout.write(f"== {name}: {time.monotonic() - began:.1f} s\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
