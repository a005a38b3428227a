"""Run by alembic for every command: the caller's connection and transaction are used as they are."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
