"""What the pages show, read in one consistent state."""
