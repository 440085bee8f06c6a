"""Jidoka: visual inspection whose degree of automation is earned by evidence and lost without it."""
