"""The machine's HTTP API, version 1: images in, verdicts out, events."""
