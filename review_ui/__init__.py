"""People look and settle: the pages, their templates and static files."""
