"""The pages as one application, to be mounted beside the machine's API."""

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from inspection.flow.people import Throttle
from review_ui import errors, render
from review_ui.pages import PAGES
from review_ui.services import Services
from review_ui.shield import ASGIApp, Shield

__all__ = ["Services", "build"]


def build(services: Services) -> ASGIApp:
    """All pages, their static files and their error pages."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.state.services = services
    app.state.throttle, app.state.pin_throttle = Throttle(), Throttle()
    errors.install(app, services.unavailable)
    for page in PAGES:
        app.include_router(page.router)
    app.mount("/static", StaticFiles(directory=render.STATIC), name="static")
    return Shield(app)
