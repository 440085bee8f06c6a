"""Serves until told to stop, with what goes on in the background meanwhile."""

import gc
import logging
import shutil
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import uvicorn
from fastapi import FastAPI

from inspection.flow import alarm, decide, drift, guard, miss, monitor, notify, relight, rollout, rules, tally, train
from inspection.link import logs
from inspection.link.send import SENDERS, alertmanager
from inspection.main.server import Server, now
from inspection.main.training import trainer_apart
from inspection.store import models as registry
from inspection.store.database import Unavailable

log = logging.getLogger("jidoka")
Watch = Callable[[], object]
TICK_S, RELIGHT_LOOK_S, NOTIFY_S = 1.0, 2.0, 2.0
RULES_EVERY, DRIFT_EVERY = timedelta(seconds=15), timedelta(minutes=1)
# No decision takes longer than the longest deadline a policy may have, so what is older was cut off by a crash.
CUT_OFF_AFTER = timedelta(seconds=90)


def start_background(server: Server) -> None:
    """1 send to a person what a crash cut off, 2 watch views, light, guards, models and rollouts, 3 reckon figures,
    beside them since that takes a while, 4 train."""
    if server.db.is_sqlite:  # ours alone, so nothing else can be deciding
        server.db.write(lambda tx: decide.refer_undecided(tx, before=now(), now=now()))
    server.run_in_background(lambda: _tick(server, _guarding(server)), "watch")
    server.run_in_background(lambda: _tick(server, _reckoning(server)), "figures")
    server.run_in_background(lambda: _train(server), "train")
    server.run_in_background(lambda: _relight(server), "light")
    server.run_in_background(lambda: _notify(server), "notify")


def _guarding(server: Server) -> tuple[Watch, ...]:
    rule = monitor.WindowRule(images=server.settings.window_images, seconds=server.settings.window_seconds)
    write, host = server.db.write, f"{socket.gethostname()}:{server.settings.data_dir.resolve()}"
    return (
        lambda: write(lambda tx: decide.refer_undecided(tx, before=now() - CUT_OFF_AFTER, now=now())),
        lambda: write(lambda tx: decide.refer_incomplete(tx, now=now())),
        lambda: write(lambda tx: monitor.watch(tx, rule=rule, now=now())),
        lambda: write(lambda tx: guard.watch(tx, now=now())),
        lambda: write(lambda tx: alarm.watch(tx, now=now())),
        _every(RULES_EVERY, lambda: rules.watch(server.db, host=host, disk_left=_disk_left(server), now=now())),
        lambda: write(lambda tx: miss.watch(tx, now=now())),
        lambda: _warm(server),
        lambda: write(lambda tx: rollout.tick(tx, now=now())),
    )


def _reckoning(server: Server) -> tuple[Watch, ...]:
    return (
        each_minute(lambda: tally.watch(server.db, now())),
        _every(DRIFT_EVERY, lambda: drift.watch(server.db, now)),
    )


def _tick(server: Server, watches: Sequence[Watch]) -> None:
    while not server.stop.wait(TICK_S):
        for watch in watches:  # one that fails must not blind the others
            try:
                watch()
            except Unavailable as error:
                log.warning("watch_delayed reason=%s", error)
            except Exception:
                log.exception("watch_failed")


def _every(span: timedelta, watch: Watch) -> Watch:
    """The same watch, less often."""
    due = [now()]

    def watch_if_due() -> None:
        if now() >= due[0]:
            due[0] = now() + span
            watch()

    return watch_if_due


def each_minute(watch: Callable[[], int], clock: Callable[[], datetime] = now) -> Watch:
    """The same watch, each tick until it finds nothing more to do, and then when another minute has begun."""
    done = [-1]

    def watch_if_due() -> None:
        minute = int(clock().timestamp()) // 60
        if minute != done[0] and not watch():
            done[0] = minute

    return watch_if_due


def _disk_left(server: Server) -> float:
    usage = shutil.disk_usage(server.settings.data_dir)
    return usage.free / usage.total


def _warm(server: Server) -> None:
    """Load the models that lines use, used before and may use next, before an image needs them, and keep them."""
    with server.db.read() as tx:
        wanted = registry.wanted(tx)
    server.predictor.keep(wanted)


def _notify(server: Server) -> None:
    while not server.stop.is_set():
        try:
            if not notify.send_once(server.db, SENDERS, alertmanager, now):
                server.stop.wait(NOTIFY_S)
        except Unavailable as error:
            log.warning("messages_delayed reason=%s", error)
            server.stop.wait(5.0)
        except Exception as error:  # its words may hold an address
            log.error("messages_failed kind=%s", type(error).__name__)
            server.stop.wait(5.0)


def _train(server: Server) -> None:
    trainer = trainer_apart(server.settings, server.stop.is_set)
    while not server.stop.is_set():
        try:
            if not train.work_once(server.db, server.images, trainer, now):
                server.train_now.wait(5.0)
                server.train_now.clear()
        except Unavailable as error:
            log.warning("training_delayed reason=%s", error)
            server.stop.wait(5.0)
        except Exception:  # one odd job must not end all later ones
            log.exception("training_broken")
            server.stop.wait(5.0)


def _relight(server: Server) -> None:
    from models.relight import relit

    while not server.stop.wait(RELIGHT_LOOK_S):
        try:
            relight.work_once(server.db, server.images, server.predictor, relit, now, server.stop.is_set)
        except Unavailable as error:
            log.warning("drift_check_delayed reason=%s", error)
        except Exception:
            log.exception("drift_check_failed")


def spare_the_loaded() -> None:
    """Put what was loaded so far out of the garbage collector's sight: it stays, and looking at it again and again only
    lengthens the slowest answers."""
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


class _Uvicorn(uvicorn.Server):
    """Lets waiting requests go as soon as it is told to stop."""

    def __init__(self, config: uvicorn.Config, server: Server, started: Callable[[int], None]) -> None:
        super().__init__(config)
        self._server = server
        self._started = started

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        for listener in self.servers:
            self._started(listener.sockets[0].getsockname()[1])
            return

    async def shutdown(self, sockets: Any = None) -> None:
        self._server.changes.stop()
        await super().shutdown(sockets)


def serve(server: Server, app: FastAPI, started: Callable[[int], None]) -> None:
    """Serve until a signal says stop; `started` is told the port once requests are answered."""
    logs.install(server.settings.log_format, server.settings.log_level, server.tally)
    config = uvicorn.Config(
        app,
        host=server.settings.host,
        port=server.settings.port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=10,
        server_header=False,
    )
    # uvicorn raises the signal that stopped it once more: SIGTERM would end the process before all is closed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    start_background(server)
    spare_the_loaded()
    try:
        _Uvicorn(config, server, started).run()
    finally:
        server.close()
