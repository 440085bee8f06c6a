"""Every endpoint, one file each verb."""

from inspection.api import (
    demo,
    events,
    files,
    health,
    images,
    journal,
    line,
    people,
    policy,
    proof,
    replay,
    review,
    rollout,
    units,
)

_VERBS = (
    health, images, events, people, line, policy, proof, rollout, replay, review, files, units, journal, demo,
)  # fmt: skip
ROUTERS = tuple(verb.router for verb in _VERBS)
