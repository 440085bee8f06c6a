"""Every endpoint, one file each verb."""

from inspection.api import (
    adjudicate,
    alarms,
    book,
    certificate,
    channels,
    demo,
    drift,
    events,
    export,
    figures,
    files,
    health,
    images,
    journal,
    known,
    light,
    line,
    miss,
    people,
    policy,
    proof,
    quality,
    replay,
    review,
    rollout,
    rules,
    staff,
    study,
    system,
    units,
)

_VERBS = (
    health, images, events, people, staff, line, policy, proof, certificate, known, book, adjudicate, miss, quality,
    study, rollout, replay, review, files, export, units, journal, alarms, rules, channels, light, drift, figures,
    system, demo,
)  # fmt: skip
ROUTERS = tuple(verb.router for verb in _VERBS)
