"""Every endpoint, one file each verb."""

from inspection.api import demo, events, health, images, line, people, policy

ROUTERS = tuple(verb.router for verb in (health, images, events, people, line, policy, demo))
