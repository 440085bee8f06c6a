"""Runs the benchmarks: all of them, or those named.

python -m benchmarks [startup | router | replay | certificate | ingest | predict_path ...]
"""

import os
import sys
from importlib import import_module

NAMES = ("startup", "router", "replay", "certificate", "ingest", "predict_path")


def main(names: list[str]) -> int:
    """Run each and print its tables; other work on the machine shows in every figure, so say how much there is."""
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        print(f"There is no benchmark {unknown[0]!r}. There are: {', '.join(NAMES)}; and benchmarks/accuracy.py.")
        return 2
    for name in names or NAMES:
        print(f"\n## {name} ({os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before)\n", flush=True)
        import_module(f"benchmarks.{name}").main()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
