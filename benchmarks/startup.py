"""From the command to the first answer, and whether torch has come along."""

from pathlib import Path

from benchmarks.load import server_cpu
from benchmarks.serving import add_line, scratch, serve_command, serving
from benchmarks.table import bar, show

BAR_S, TIMES = 3.0, 3


def main() -> None:
    """Print seconds on an empty data folder and on one that was served before."""
    with scratch() as folder:
        rows = [_row("empty data folder", folder / f"new{i}", folder) for i in range(TIMES)]
        add_line(folder / "used")
        rows += [_row("used before", folder / "used", folder) for _ in range(TIMES)]
    head = ("start", "seconds to the first answer", "CPU seconds", f"within {BAR_S:.0f} s", "torch", "memory MB")
    show(head, rows)


def _row(name: str, data_dir: Path, folder: Path) -> tuple[str, ...]:
    with serving(serve_command(data_dir), folder / "said.txt", "/api/v1/health") as server:
        cpu = sum(server_cpu(server.pid))
        torch = "LOADED" if "torch" in Path(f"/proc/{server.pid}/maps").read_text() else "absent"
        memory = int(Path(f"/proc/{server.pid}/statm").read_text().split()[1]) * 4096 / 1e6
    return name, f"{server.seconds:.2f}", f"{cpu:.2f}", bar(server.seconds <= BAR_S), torch, f"{memory:.0f}"
