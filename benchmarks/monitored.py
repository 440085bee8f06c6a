"""What monitoring costs an image at human_only: the server as it is and without, in turn.

python -m benchmarks.monitored
"""

import sys
from statistics import median

from benchmarks.ingest import PATH, picture
from benchmarks.load import Order, Outcome, run
from benchmarks.serving import add_line, scratch, serve_command, serving
from benchmarks.table import bar, show

ROUNDS, SECONDS = 4, 9.0
BAR = 0.95


def main() -> None:
    """Rates and CPU of rounds that take turns, on a database of its own for each; the ratio of the medians."""
    found: dict[str, list[Outcome]] = {"with": [], "without": []}
    with scratch() as folder:
        image = folder / "image.jpg"
        image.write_bytes(picture())
        for turn in range(ROUNDS):
            for name, outcomes in found.items():
                data = folder / f"{name}-{turn}"
                token, command = add_line(data), serve_command(data)
                if name == "without":
                    command = [sys.executable, "-m", "benchmarks.unwatched", *command[3:]]
                with serving(command, folder / "said.txt") as server:
                    order = Order(
                        port=server.port, pid=server.pid, path=PATH, token=token, images=[str(image)], seconds=SECONDS
                    )
                    outcomes.append(run(order))
    show(("monitoring", "images/s", "p99 ms", "server CPU ms", "failed"), [_row(*one) for one in found.items()])
    print()
    on, off = (median(one.rate for one in found[name]) for name in ("with", "without"))
    cpu_on, cpu_off = (median(one.server for one in found[name]) for name in ("with", "without"))
    bars = [
        (f"rate, at least {BAR:.0%} of that without", f"{on / off:.1%}", bar(on / off >= BAR)),
        ("CPU of an image, times that without", f"{cpu_on / cpu_off:.3f}", "-"),
    ]
    show(("bar", "reached", "met"), bars)


def _row(name: str, outcomes: list[Outcome]) -> tuple[str, ...]:
    def middle(figure: str, digits: int) -> str:
        values = sorted(getattr(one, figure) for one in outcomes)
        return f"{median(values):.{digits}f} ({values[0]:.{digits}f} to {values[-1]:.{digits}f})"

    failed = sum(one.failed for one in outcomes)
    return name, middle("rate", 0), middle("p99", 0), middle("server", 2), str(failed)


if __name__ == "__main__":
    main()
