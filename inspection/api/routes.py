"""Every endpoint, one file each verb."""

from inspection.api import (
    adjudicate,
    book,
    certificate,
    demo,
    events,
    export,
    files,
    health,
    images,
    journal,
    known,
    line,
    miss,
    monitor,
    people,
    policy,
    proof,
    quality,
    replay,
    review,
    rollout,
    staff,
    study,
    system,
    units,
)

_VERBS = (
    health, images, events, people, staff, line, policy, proof, certificate, known, book, adjudicate, miss, quality,
    study, rollout, replay, review, files, export, units, journal, monitor, system, demo,
)  # fmt: skip
ROUTERS = tuple(verb.router for verb in _VERBS)
