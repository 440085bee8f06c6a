"""One transaction per function; cameras, models and the clock are handed in."""
