"""The command 'jidoka demo': the whole product on a simulated line of phones."""

import random
from pathlib import Path

from camera.agent import Agent
from camera.phones import SimulatedSource
from camera.simulated.controls import Controls
from camera.simulated.inspector import judge
from camera.simulated.line import LIMITS, REFERENCE, SimulatedLine
from camera.spool import Spool
from inspection.core.decide import Verdict
from inspection.core.label import Label
from inspection.core.line import PHONE_DEFECTS, Line, Recipe
from inspection.core.people import Role
from inspection.core.train import MIN_GOOD_IMAGES
from inspection.flow import label, line, people, review, train
from inspection.main import server as wiring
from inspection.main.serve import serve
from inspection.main.server import Server, now
from inspection.settings import Settings, read
from inspection.store import lines, models
from inspection.store import people as persons
from inspection.store import units as store_units
from inspection.store.reports import review as sheets

LINE = "phones"
CAMERA = "sim-camera"
VIEWS = ("front", "back")
GOOD_UNITS = 60
FIRST_BURST = 60
INSPECTOR = "sim-inspector"
BY = "demo"


def run(*, data_dir: Path | None, host: str | None, port: int | None, seed: int) -> None:
    """Start a server with a simulated line that runs by itself, and say where to look."""
    settings = read(data_dir=data_dir or Path("jidoka-demo"), host=host, port=port)
    settings = settings.model_copy(update={"window_images": 6, "window_seconds": 30.0})
    server = wiring.open_server(settings)
    password = wiring.first_admin(server.db)
    _set_up(server)
    with server.db.read() as tx:
        made = store_units.count(tx)
    source = SimulatedSource(seed, Controls(), start=made)
    web = wiring.build(server, demo=source.controls)

    def started(bound: int) -> None:
        _start(server, source, bound, seed, first=made == 0)
        _greet(settings, bound, password)

    serve(server, web, started)


def _set_up(server: Server) -> None:
    """Add the line, and the simulated inspector, unless an earlier start has."""
    with server.db.read() as tx:
        line_there, inspector_there = lines.exists(tx, LINE), persons.known(tx, INSPECTOR)
    if not line_there:
        phones = Line(
            name=LINE,
            title="Phones, final check",
            place="demo enterprise / demo site / assembly",
            recipe=Recipe(
                views=VIEWS, defect_types=PHONE_DEFECTS, reference=REFERENCE, limits=LIMITS, unit_timeout_s=20.0
            ),
            simulated=True,
        )
        server.db.write(lambda tx: line.add(tx, line=phones, by=BY, now=now()))
    if not inspector_there:
        hashed = people.hash_password("no one signs in as a simulation", INSPECTOR)
        server.db.write(
            lambda tx: people.add(
                tx, name=INSPECTOR, role=Role.INSPECTOR, hashed=hashed, by=BY, now=now(), simulated=True
            )
        )


def _start(server: Server, source: SimulatedSource, port: int, seed: int, *, first: bool) -> None:
    """Start the camera, the training of a first model, and the simulated inspector, each in the background."""
    token = server.db.write(lambda tx: line.add_camera(tx, line=LINE, name=CAMERA, by=BY, now=now(), simulated=True))
    agent = Agent(
        source=source,
        spool=Spool(server.settings.data_dir / "spool"),
        server=f"http://127.0.0.1:{port}",
        line=LINE,
        camera=CAMERA,
        token=token,
        stop=server.stop,
        log=lambda _words: None,
    )
    server.run_in_background(agent.run, "camera")
    server.run_in_background(lambda: _prepare(server, source, seed, first=first), "demo")
    server.run_in_background(lambda: _inspect(server, source, seed), "inspector")


def _prepare(server: Server, source: SimulatedSource, seed: int, *, first: bool) -> None:
    """Put good phones in and have a model trained; at the first start, let the line run fast for a minute so that
    the light's baseline is learned."""
    with server.db.read() as tx:
        known = lines.in_force(tx, LINE)
        ready = bool(models.all_of_line(tx, known.id)) or models.live_job(tx, known.id) is not None
    if first:
        source.hurry(FIRST_BURST)
    if ready:
        return
    good = SimulatedLine(seed + 1_000_000, Controls(defect_rate=0.0), now=now)
    for _ in range(GOOD_UNITS):
        if server.stop.is_set():
            return
        for frame in good.next_unit():
            stored = server.images.put(frame.jpeg)
            server.db.write(
                lambda tx, frame=frame, stored=stored: train.add_sample(  # type: ignore[misc]
                    tx, line=LINE, view=frame.view, name=f"{frame.serial}_{frame.view}.jpg", sha256=stored.sha256,
                    by=BY, now=now(), simulated=True,
                )
            )  # fmt: skip
    assert GOOD_UNITS >= MIN_GOOD_IMAGES
    server.db.write(lambda tx: train.request(tx, line=LINE, by=BY, now=now()))
    server.train_now.set()


def _inspect(server: Server, source: SimulatedSource, seed: int) -> None:
    """Answer the queue as an inspector with known error rates would, for as long as that is switched on."""
    dice = random.Random(seed)
    while not server.stop.wait(0.2):
        if source.controls.state()["inspectors"]:
            while (
                not server.stop.is_set()
                and source.controls.state()["inspectors"]
                and _inspect_one(server, source, dice)
            ):
                server.stop.wait(0.1)


def _inspect_one(server: Server, source: SimulatedSource, dice: random.Random) -> bool:
    """1 claim a unit, 2 look its truth up, 3 judge it with the stated errors, 4 answer; whether there was one."""
    with server.db.read() as tx:
        person = people.find(tx, INSPECTOR)
    held = server.db.write(lambda tx: review.claim(tx, person_id=person.id, line=LINE, now=now()))
    if held is None:
        return False
    with server.db.read() as tx:
        sheet, unit = sheets.sheet(tx, held.task_id), store_units.get(tx, held.unit_id)
    truth = source.line.truth(unit.serial)  # a known unit is shown under another one
    if sheet is None or truth is None:  # made before this start: for a real person to judge
        server.db.write(lambda tx: review.give_back(tx, task_id=held.task_id, lease=held.lease, now=now()))
        server.stop.wait(2.0)
        return False
    verdict, types, seconds = judge(truth, dice)
    given = Label(verdict=Verdict(verdict), defect_types=types, seconds=seconds, note="simulated")
    seen = [image.image_id for image in sheet.images]
    server.db.write(
        lambda tx: label.answer(
            tx, task_id=held.task_id, lease=held.lease, person=person, label=given, seen=seen, now=now()
        )
    )
    return True


def _greet(settings: Settings, port: int, password: str | None) -> None:
    from inspection.main import greet

    greet(settings.host, port, password)
    print("  Everything on the line 'phones' is simulated. Stop with Ctrl+C; what was done is kept.\n", flush=True)
