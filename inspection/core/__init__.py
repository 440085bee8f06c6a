"""Values and rules, pure: no files, SQL, clock, dice, logging, web or vision library."""
