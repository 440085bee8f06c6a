"""What monitoring costs an image at human_only: a server as it is beside one without, at the same time.

python -m benchmarks.monitored
python -m benchmarks.monitored control      two without, to see how far chance alone goes
"""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median, quantiles

from benchmarks.ingest import PATH, picture
from benchmarks.load import Order, Outcome, run
from benchmarks.serving import add_line, scratch, serve_command, serving
from benchmarks.table import bar, show

ROUNDS, SECONDS, CONNECTIONS = 24, 10.0, 8
BAR = 0.95


def main() -> None:
    """Rates and CPU of two servers that share the machine, round by round, and the medians of their ratios.

    In turn, one by one, they differ by 13 % from quarter minute to quarter minute on a shared machine; at the same time
    both have the same disk and processor. The one that needs more CPU may get more of it, so there is a bar for both.
    """
    names = ("without, too", "without") if sys.argv[1:] == ["control"] else ("with", "without")
    found: list[tuple[Outcome, Outcome]] = []
    with scratch() as folder, ExitStack() as stack, ThreadPoolExecutor(2) as senders:
        image = folder / "image.jpg"
        image.write_bytes(picture())
        orders = [stack.enter_context(_server(folder, name, image)) for name in names]
        for turn in range(ROUNDS + 1):
            one, other = senders.map(run, orders)
            if turn:  # in the first, statements are compiled and windows opened
                found.append((one, other))
    show(
        ("monitoring", "images/s", "p99 ms", "server CPU ms", "failed"),
        [_row(name, [pair[at] for pair in found]) for at, name in enumerate(names)],
    )
    print()
    shares = {
        f"rate, at least {BAR:.0%} of that without": [one.rate / other.rate for one, other in found],
        f"images for a second of CPU, at least {BAR:.0%}": [other.server / one.server for one, other in found],
    }
    show(("bar", "reached", "met"), [(name, _spread(of, 3), bar(median(of) >= BAR)) for name, of in shares.items()])


@contextmanager
def _server(folder: Path, name: str, image: Path) -> Iterator[Order]:
    """What to send to a server on a database of its own."""
    data = folder / name
    token, command = add_line(data), serve_command(data)
    if name != "with":
        command = [sys.executable, "-m", "benchmarks.unwatched", *command[3:]]
    with serving(command, folder / f"{name}.txt") as server:
        yield Order(
            port=server.port, pid=server.pid, path=PATH, token=token, images=[str(image)], seconds=SECONDS,
            connections=CONNECTIONS,
        )  # fmt: skip


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
