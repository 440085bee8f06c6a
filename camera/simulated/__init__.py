"""A line of phones that exists only as drawings, with faults on demand."""
