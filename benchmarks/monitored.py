"""What monitoring costs an image at human_only: the server as it is and without, in turn.

python -m benchmarks.monitored
"""

import shutil
import sys
from statistics import median, quantiles

from benchmarks.ingest import PATH, picture
from benchmarks.load import Order, Outcome, run
from benchmarks.serving import add_line, scratch, serve_command, serving
from benchmarks.table import bar, show

ROUNDS, WARM_S, SECONDS = 12, 3.0, 8.0
BAR = 0.95


def main() -> None:
    """Rates and CPU of rounds that take turns, on a database of its own for each, and the medians of their ratios.

    Who goes first alternates, and each round is compared with the one beside it: disks drift over minutes.
    """
    found: dict[str, list[Outcome]] = {"with": [], "without": []}
    with scratch() as folder:
        image = folder / "image.jpg"
        image.write_bytes(picture())
        for turn in range(ROUNDS):
            for name in sorted(found, reverse=turn % 2 == 1):
                data = folder / f"{name}-{turn}"
                token, command = add_line(data), serve_command(data)
                if name == "without":
                    command = [sys.executable, "-m", "benchmarks.unwatched", *command[3:]]
                with serving(command, folder / "said.txt") as server:
                    for seconds in (WARM_S, SECONDS):  # the first statements are compiled, the first windows opened
                        order = Order(
                            port=server.port,
                            pid=server.pid,
                            path=PATH,
                            token=token,
                            images=[str(image)],
                            seconds=seconds,
                        )
                        said = run(order)
                    found[name].append(said)
                shutil.rmtree(data)
    show(("monitoring", "images/s", "p99 ms", "server CPU ms", "failed"), [_row(*one) for one in found.items()])
    print()
    rates, cpus = (
        [getattr(on, of) / getattr(off, of) for on, off in zip(*found.values(), strict=True)]
        for of in ("rate", "server")
    )
    bars = [
        (f"rate, at least {BAR:.0%} of that without", _spread(rates, 3), bar(median(rates) >= BAR)),
        ("CPU of an image, times that without", _spread(cpus, 3), "-"),
    ]
    show(("bar", "reached", "met"), bars)


def _row(name: str, outcomes: list[Outcome]) -> tuple[str, ...]:
    failed = sum(one.failed for one in outcomes)
    rate, p99, server = ([getattr(one, of) for one in outcomes] for of in ("rate", "p99", "server"))
    return name, _spread(rate, 0), _spread(p99, 0), _spread(server, 2), str(failed)


def _spread(values: list[float], digits: int) -> str:
    """The median, and the quarters around it."""
    low, middle, high = quantiles(values, n=4)
    return f"{middle:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


if __name__ == "__main__":
    main()
