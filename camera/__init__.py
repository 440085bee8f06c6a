"""Frames come in: sources, quality, the spool, the edge agent and the simulated camera."""
