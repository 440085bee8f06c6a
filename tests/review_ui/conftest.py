"""The plant, its cast, and the pages served to a client or a real browser."""

import asyncio
import shutil
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
import uvicorn

from inspection.core.people import Role
from review_ui.guard import COOKIE
from tests.review_ui.plant import Plant

CAST = {
    "wall": Role.VIEWER,
    "ines": Role.INSPECTOR,
    "judy": Role.ADJUDICATOR,
    "erin": Role.ENGINEER,
    "adam": Role.ADMIN,
}


@pytest.fixture(scope="session")
def empty_plant(tmp_path_factory) -> Path:
    """A plant's folder with the standing cast and nothing else, made once."""
    folder = tmp_path_factory.mktemp("plant")
    made = Plant(folder)
    for name, role in CAST.items():
        made.person(name, role)
    made.close()
    return folder


@pytest.fixture
def plant(empty_plant: Path, tmp_path: Path) -> Iterator[Plant]:
    """A plant with the standing cast."""
    shutil.copytree(empty_plant, tmp_path / "plant")
    made = Plant(tmp_path / "plant")
    yield made
    made.close()


class Visitor:
    """A browser without scripts, signed in as somebody of the cast or as nobody."""

    def __init__(self, plant: Plant, name: str | None = None) -> None:
        self.app = plant.pages
        self.cookies: dict[str, str] = {}
        self.csrf = ""
        if name is not None:
            self.cookies[COOKIE], self.csrf = plant.session(name)

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.send("GET", path, headers=headers)

    def post(
        self, path: str, data: dict | None = None, *, csrf: str | None = None, files=None, **headers: str
    ) -> httpx.Response:
        sent = {"csrf": self.csrf if csrf is None else csrf, **(data or {})}
        return self.send("POST", path, headers=headers, data=sent, files=files)

    def send(self, method: str, path: str, *, headers: dict[str, str] | None = None, **body) -> httpx.Response:
        named = {key.replace("_", "-"): value for key, value in (headers or {}).items()}

        async def once() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(
                transport=transport, base_url="http://plant.test", cookies=self.cookies
            ) as client:
                return await client.request(method, path, headers=named, **body)

        with ThreadPoolExecutor(1) as apart:  # a test with a browser runs inside a loop of its own
            answer = apart.submit(asyncio.run, once()).result()
        self.cookies.update(answer.cookies)
        return answer


@pytest.fixture
def visit(plant: Plant):
    """Somebody comes to the pages: visit("ines"), or visit() for a stranger."""
    return lambda name=None: Visitor(plant, name)


class Served:
    """The pages on a port of this machine."""

    def __init__(self, plant: Plant) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        config = uvicorn.Config(
            plant.pages, host="127.0.0.1", port=self.port, log_level="error", lifespan="off",
            timeout_graceful_shutdown=1,
        )  # fmt: skip
        self.plant, self.server, self.up = plant, uvicorn.Server(config), threading.Event()
        self.thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def _run(self) -> None:
        self.plant.changes.bind(asyncio.get_running_loop())
        serving = asyncio.create_task(self.server.serve())
        while not self.server.started:
            await asyncio.sleep(0.01)
        self.up.set()
        await serving

    def __enter__(self) -> "Served":
        self.thread.start()
        assert self.up.wait(20), "the pages did not start"
        return self

    def __exit__(self, *_: object) -> None:
        self.server.should_exit = True
        self.thread.join(20)


@pytest.fixture
def served(plant: Plant) -> Iterator[Served]:
    with Served(plant) as running:
        yield running


@pytest.fixture
def window(chromium, served: Served):
    """A browser window of somebody of the cast; what its console complains about is in `window.complaints`."""
    opened = []

    def open_window(name: str | None, *, width: int = 1440, height: int = 900, **options):
        context = chromium.new_context(viewport={"width": width, "height": height}, base_url=served.address, **options)
        opened.append(context)
        if name is not None:
            token, _ = served.plant.session(name)
            context.add_cookies([{"name": COOKIE, "value": token, "url": served.address, "httpOnly": True}])
        page = context.new_page()
        page.complaints = []
        page.on(
            "console", lambda said: page.complaints.append(said.text) if said.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        return page

    yield open_window
    for context in opened:
        context.close()
