"""The steps. Alembic reads them as files, so that they are data for whoever packs the program."""
