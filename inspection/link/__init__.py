"""Outward: what the product tells of itself to other systems."""
