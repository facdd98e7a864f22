"""Alembic's entry: runs the scripts on the connection that `tocsin_hub.store.migrate` hands over, in its transaction."""

from alembic import context

from tocsin_hub.store import migrate
from tocsin_hub.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    compare_type=True,
    include_name=migrate.include_name,
)
with context.begin_transaction():
    context.run_migrations()
