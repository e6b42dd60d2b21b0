"""How Alembic runs here: on the connection it is given, one transaction for all, the same history on both engines."""

from __future__ import annotations

from alembic import context

import app.catalogue
import app.exchange.intake.models
import app.exchange.papers.models
import app.heritage.dossiers.models
import app.jobs.models
import app.publication.models  # (with the catalogue, every table, for autogenerate)
import app.records.register
import app.statistics.models
import app.subscriptions.models
import app.tourism.visitor_counts.models
import app.visitors.models
import app.visitors.visits.models  # noqa: F401
from app.core.db import Model

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Model.metadata,
    # SQLite changes a table by copying it; Alembic calls that a batch.
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
    # Our SQLite transactions really begin (app.engine.sqlite), so that a failing step takes back those before it too.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
