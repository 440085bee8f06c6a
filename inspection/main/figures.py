"""Puts together what counts in a server, and where the figures come from that are asked for."""

from inspection.core import counted, metrics
from inspection.core.metrics import Reading
from inspection.flow import figures
from inspection.flow.listeners import Listeners
from inspection.link import machine
from inspection.link.metrics import Exposition
from inspection.main.server import Server, now
from inspection.main.version import VERSION


def exposition(server: Server, listeners: Listeners) -> Exposition:
    """All figures of a server; what its journal tells is counted from now on."""

    def of_lines() -> list[Reading]:
        with server.db.read() as tx:
            return list(figures.of_lines(tx, server.predictor, now()))

    server.db.on_changes(lambda changes: counted.count_all(server.tally, changes))
    return Exposition(
        server.tally,
        {
            "lines": of_lines,
            "listeners": listeners.readings,
            "disk": lambda: machine.disk(server.settings.data_dir),
            "process": machine.Process(),
            "gpu": machine.Gpus(),
            "product": lambda: [Reading(metric=metrics.INFO, labels=(VERSION,), value=1)],
        },
    )
