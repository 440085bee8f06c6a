"""SQL and files: tables, images, journal, queue, reports, migrations."""
