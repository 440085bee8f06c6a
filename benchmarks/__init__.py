"""How fast the product is, as ratios within one run: `python -m benchmarks [name ...]`."""
