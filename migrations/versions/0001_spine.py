"""The spine: accounts, reference tables, records, heritage, and the publication with its indexes per engine."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects.postgresql import TSVECTOR

revision = "0001"
down_revision = None


def _geometry() -> sa.types.TypeEngine[object]:
    postgis = Geometry(geometry_type="GEOMETRY", srid=4326, spatial_index=False)
    return sa.LargeBinary().with_variant(postgis, "postgresql")


def _tokens() -> sa.types.TypeEngine[object]:
    return sa.Text().with_variant(TSVECTOR(), "postgresql")


def upgrade() -> None:
    """Make every table, then what each engine needs to answer spatial and textual questions by index."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE EXTENSION IF NOT EXISTS postgis")
    _create_accounts()
    _create_reference()
    _create_records()
    _create_heritage()
    _create_publication()
    if op.get_bind().dialect.name == "postgresql":
        _index_postgis()
    else:
        _index_sqlite()


def _create_accounts() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=254), nullable=False),
        sa.Column("is_system", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("name", name="uq_users_name"),
    )
    op.create_table(
        "role_grants",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_role_grants_user_id"),
        sa.PrimaryKeyConstraint("user_id", "role", name="pk_role_grants"),
    )


def _create_reference() -> None:
    op.create_table(
        "concepts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scheme", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("notation", sa.String(length=60), nullable=True),
        sa.Column("parent", sa.String(length=60), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("label", sa.JSON(), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("exact_match", sa.String(length=200), nullable=True),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_concepts"),
        sa.UniqueConstraint("scheme", "code", name="uq_concepts_scheme_code"),
    )
    op.create_table(
        "units",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=10), nullable=False),
        sa.Column("name", sa.JSON(), nullable=False),
        sa.Column("other_names", sa.JSON(), nullable=False),
        sa.Column("level", sa.String(length=10), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("location_precision_m", sa.Integer(), nullable=True),
        sa.Column("location_source", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["units.id"], name="fk_units_parent_id"),
        sa.PrimaryKeyConstraint("id", name="pk_units"),
        sa.UniqueConstraint("public_id", name="uq_units_public_id"),
    )
    op.create_index("ix_units_code", "units", ["code"], unique=False)
    op.create_index("ix_units_parent_id", "units", ["parent_id"], unique=False)
    op.create_table(
        "unit_successors",
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("successor_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["successor_id"], ["units.id"], name="fk_unit_successors_successor_id"),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name="fk_unit_successors_unit_id"),
        sa.PrimaryKeyConstraint("unit_id", "successor_id", name="pk_unit_successors"),
    )
    op.create_index("ix_unit_successors_successor_id", "unit_successors", ["successor_id"], unique=False)


def _create_records() -> None:
    op.create_table(
        "records",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("visibility", sa.String(length=10), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("licence", sa.String(length=60), nullable=True),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_records"),
        sa.UniqueConstraint("code", name="uq_records_code"),
    )
    op.create_index("ix_records_kind_visibility_id", "records", ["kind", "visibility", "id"], unique=False)
    op.create_table(
        "changesets",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name="fk_changesets_author_id"),
        sa.PrimaryKeyConstraint("id", name="pk_changesets"),
    )
    op.create_table(
        "record_doubts",
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("tag", sa.String(length=60), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name="fk_record_doubts_record_id"),
        sa.PrimaryKeyConstraint("id", name="pk_record_doubts"),
    )
    op.create_index("ix_record_doubts_record_id", "record_doubts", ["record_id"], unique=False)
    op.create_table(
        "record_sources",
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("citation", sa.Text(), nullable=False),
        sa.Column("page", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name="fk_record_sources_record_id"),
        sa.PrimaryKeyConstraint("id", name="pk_record_sources"),
    )
    op.create_index("ix_record_sources_record_id", "record_sources", ["record_id"], unique=False)
    op.create_table(
        "revisions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("changeset_id", sa.Integer(), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("base_version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name="fk_revisions_author_id"),
        sa.ForeignKeyConstraint(["changeset_id"], ["changesets.id"], name="fk_revisions_changeset_id"),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name="fk_revisions_record_id"),
        sa.PrimaryKeyConstraint("id", name="pk_revisions"),
        sa.UniqueConstraint("code", "number", name="uq_revisions_code_number"),
    )
    op.create_index("ix_revisions_changeset_id", "revisions", ["changeset_id"], unique=False)
    op.create_index("ix_revisions_record_id", "revisions", ["record_id"], unique=False)
    op.create_index("ix_revisions_state", "revisions", ["state"], unique=False)
    op.create_table(
        "history",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("revision_id", sa.Integer(), nullable=True),
        sa.Column("changeset_id", sa.Integer(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name="fk_history_actor_id"),
        sa.ForeignKeyConstraint(["changeset_id"], ["changesets.id"], name="fk_history_changeset_id"),
        sa.ForeignKeyConstraint(["revision_id"], ["revisions.id"], name="fk_history_revision_id"),
        sa.PrimaryKeyConstraint("id", name="pk_history"),
    )
    op.create_index("ix_history_code", "history", ["code"], unique=False)


def _create_heritage() -> None:
    op.create_table(
        "decisions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=100), nullable=True),
        sa.Column("date", sa.String(length=100), nullable=True),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("title", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["records.id"], name="fk_decisions_id"),
        sa.PrimaryKeyConstraint("id", name="pk_decisions"),
    )
    op.create_table(
        "sites",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.JSON(), nullable=False),
        sa.Column("types", sa.JSON(), nullable=False),
        sa.Column("types_as_ranked", sa.JSON(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("period", sa.JSON(), nullable=False),
        sa.Column("dated", sa.String(length=100), nullable=True),
        sa.Column("year_from", sa.Integer(), nullable=True),
        sa.Column("year_to", sa.Integer(), nullable=True),
        sa.Column("description", sa.JSON(), nullable=False),
        sa.Column("significance", sa.JSON(), nullable=False),
        sa.Column("current_unit_id", sa.Integer(), nullable=True),
        sa.Column("address_detail", sa.Text(), nullable=True),
        sa.Column("location_policy", sa.String(length=10), nullable=True),
        sa.Column("is_text_cleared", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["current_unit_id"], ["units.id"], name="fk_sites_current_unit_id"),
        sa.ForeignKeyConstraint(["id"], ["records.id"], name="fk_sites_id"),
        sa.ForeignKeyConstraint(["parent_id"], ["sites.id"], name="fk_sites_parent_id"),
        sa.PrimaryKeyConstraint("id", name="pk_sites"),
    )
    op.create_index("ix_sites_current_unit_id", "sites", ["current_unit_id"], unique=False)
    op.create_index("ix_sites_parent_id", "sites", ["parent_id"], unique=False)
    op.create_table(
        "decision_items",
        sa.Column("decision_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("article", sa.String(length=20), nullable=True),
        sa.Column("clause", sa.String(length=20), nullable=True),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("level", sa.String(length=20), nullable=True),
        sa.Column("inscription", sa.String(length=40), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["decision_id"], ["decisions.id"], name="fk_decision_items_decision_id"),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_decision_items_site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_decision_items"),
    )
    op.create_index("ix_decision_items_decision_id", "decision_items", ["decision_id"], unique=False)
    op.create_index("ix_decision_items_site_id", "decision_items", ["site_id"], unique=False)
    op.create_table(
        "site_addresses",
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("valid_to", sa.String(length=100), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_site_addresses_site_id"),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name="fk_site_addresses_unit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_site_addresses"),
    )
    op.create_index("ix_site_addresses_site_id", "site_addresses", ["site_id"], unique=False)
    op.create_index("ix_site_addresses_unit_id", "site_addresses", ["unit_id"], unique=False)
    op.create_table(
        "site_inventory_entries",
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("list_name", sa.Text(), nullable=False),
        sa.Column("listed_from", sa.String(length=100), nullable=True),
        sa.Column("listed_until", sa.String(length=100), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_site_inventory_entries_site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_site_inventory_entries"),
    )
    op.create_index("ix_site_inventory_entries_site_id", "site_inventory_entries", ["site_id"], unique=False)
    op.create_table(
        "site_locations",
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("entered_text", sa.Text(), nullable=False),
        sa.Column("entered_crs", sa.String(length=20), nullable=False),
        sa.Column("geom", _geometry(), nullable=False),
        sa.Column("accuracy_m", sa.Integer(), nullable=True),
        sa.Column("obtained", sa.JSON(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_site_locations_site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_site_locations"),
    )
    op.create_index("ix_site_locations_site_id", "site_locations", ["site_id"], unique=False)
    op.create_table(
        "site_other_names",
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_site_other_names_site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_site_other_names"),
    )
    op.create_index("ix_site_other_names_site_id", "site_other_names", ["site_id"], unique=False)
    op.create_table(
        "site_visit_facts",
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("topic", sa.String(length=20), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("verified_on", sa.Date(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_site_visit_facts_site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_site_visit_facts"),
    )
    op.create_index("ix_site_visit_facts_site_id", "site_visit_facts", ["site_id"], unique=False)
    op.create_table(
        "zones",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=True),
        sa.Column("zone_type", sa.String(length=30), nullable=False),
        sa.Column("edition", sa.String(length=60), nullable=True),
        sa.Column("entered_text", sa.Text(), nullable=True),
        sa.Column("entered_crs", sa.String(length=20), nullable=True),
        sa.Column("geom", _geometry(), nullable=True),
        sa.Column("boundary_text", sa.JSON(), nullable=False),
        sa.Column("area_m2", sa.Double(), nullable=True),
        sa.Column("cadastral_sheet", sa.String(length=60), nullable=True),
        sa.Column("cadastral_plot", sa.Text(), nullable=True),
        sa.Column("decision_id", sa.Integer(), nullable=True),
        sa.Column("minutes", sa.Text(), nullable=True),
        sa.Column("accuracy_m", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["decision_id"], ["decisions.id"], name="fk_zones_decision_id"),
        sa.ForeignKeyConstraint(["id"], ["records.id"], name="fk_zones_id"),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_zones_site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_zones"),
    )
    op.create_index("ix_zones_decision_id", "zones", ["decision_id"], unique=False)
    op.create_index("ix_zones_site_id", "zones", ["site_id"], unique=False)


def _create_publication() -> None:
    op.create_table(
        "published_collections",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("item_count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_published_collections"),
    )
    op.create_table(
        "published_concepts",
        sa.Column("scheme", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("label", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("scheme", "code", name="pk_published_concepts"),
    )
    op.create_table(
        "published_items",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("collection", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("code_key", sa.String(length=60), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("modified_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("precision_m", sa.Integer(), nullable=True),
        sa.Column("qkey", sa.BigInteger(), nullable=True),
        sa.Column("geom", _geometry(), nullable=True),
        sa.Column("min_lon", sa.Double(), nullable=True),
        sa.Column("max_lon", sa.Double(), nullable=True),
        sa.Column("min_lat", sa.Double(), nullable=True),
        sa.Column("max_lat", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_published_items"),
        sa.UniqueConstraint("collection", "code_key", name="uq_published_items_collection_code_key"),
        sa.UniqueConstraint("collection", "source_id", name="uq_published_items_collection_source_id"),
    )
    op.create_index("ix_published_items_collection_id", "published_items", ["collection", "id"], unique=False)
    op.create_index(
        "ix_published_items_collection_qkey_id",
        "published_items",
        ["collection", "qkey", "id"],
        # With the place in it, a page of a box is read off the index alone.
        postgresql_include=["lon", "lat"],
    )
    op.create_table(
        "published_journal",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("collection", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_published_journal"),
    )
    op.create_table(
        "published_tombstones",
        sa.Column("collection", sa.String(length=40), nullable=False),
        sa.Column("code_key", sa.String(length=60), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("collection", "code_key", name="pk_published_tombstones"),
    )
    op.create_table(
        "published_texts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("slug", sa.String(length=200), nullable=False),
        sa.Column("feature", sa.Text(), nullable=False),
        sa.Column("tokens", _tokens(), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["published_items.id"], name="fk_published_texts_item_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_published_texts"),
        sa.UniqueConstraint("item_id", "language", name="uq_published_texts_item_id_language"),
    )
    op.create_table(
        "published_values",
        sa.Column("collection", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.String(length=200), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["published_items.id"], name="fk_published_values_item_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("collection", "name", "value", "item_id", name="pk_published_values"),
    )
    op.create_index("ix_published_values_item_id", "published_values", ["item_id"], unique=False)


def _index_postgis() -> None:
    """Index the very expressions that `app.engine.postgis` writes."""
    place = "ST_SetSRID(ST_MakePoint(lon, lat), 4326)"
    op.execute(f"CREATE INDEX ix_published_items_place ON published_items USING gist ({place})")
    op.execute(f"CREATE INDEX ix_published_items_geography ON published_items USING gist (geography({place}))")
    op.execute("CREATE INDEX ix_published_items_geom ON published_items USING gist (geom)")
    op.execute("CREATE INDEX ix_published_texts_tokens ON published_texts USING gin (tokens)")
    # Codes sort by their bytes, as on SQLite.
    op.execute('ALTER TABLE published_items ALTER COLUMN code TYPE varchar(60) COLLATE "C"')


def _index_sqlite() -> None:
    """Make the R*Tree and the full-text index, which triggers keep in step with their tables."""
    op.execute("CREATE VIRTUAL TABLE published_items_rtree USING rtree (id, min_lon, max_lon, min_lat, max_lat)")
    bounds = "new.id, new.min_lon, new.max_lon, new.min_lat, new.max_lat"
    op.execute(
        "CREATE TRIGGER published_items_rtree_insert AFTER INSERT ON published_items WHEN new.min_lon IS NOT NULL "
        f"BEGIN INSERT INTO published_items_rtree VALUES ({bounds}); END"
    )
    op.execute(
        "CREATE TRIGGER published_items_rtree_update AFTER UPDATE ON published_items "
        "BEGIN DELETE FROM published_items_rtree WHERE id = old.id; "
        f"INSERT INTO published_items_rtree SELECT {bounds} WHERE new.min_lon IS NOT NULL; END"
    )
    op.execute(
        "CREATE TRIGGER published_items_rtree_delete AFTER DELETE ON published_items "
        "BEGIN DELETE FROM published_items_rtree WHERE id = old.id; END"
    )
    # The tokens are made by app.core.text: `ascii` leaves every other letter as it is and only splits at blanks.
    op.execute(
        "CREATE VIRTUAL TABLE published_texts_fts USING fts5 "
        "(tokens, content='published_texts', content_rowid='id', detail=none, columnsize=0, "
        "tokenize=\"ascii tokenchars '_'\")"
    )
    op.execute(
        "CREATE TRIGGER published_texts_fts_insert AFTER INSERT ON published_texts "
        "BEGIN INSERT INTO published_texts_fts (rowid, tokens) VALUES (new.id, new.tokens); END"
    )
    forget = (
        "INSERT INTO published_texts_fts (published_texts_fts, rowid, tokens) VALUES ('delete', old.id, old.tokens);"
    )
    op.execute(f"CREATE TRIGGER published_texts_fts_delete AFTER DELETE ON published_texts BEGIN {forget} END")
    op.execute(
        f"CREATE TRIGGER published_texts_fts_update AFTER UPDATE OF tokens ON published_texts BEGIN {forget} "
        "INSERT INTO published_texts_fts (rowid, tokens) VALUES (new.id, new.tokens); END"
    )


def downgrade() -> None:
    """Drop every table, the youngest first; the triggers and indexes go with them."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE published_texts_fts")
        op.execute("DROP TABLE published_items_rtree")
    for table in (
        "history",
        "zones",
        "site_visit_facts",
        "site_other_names",
        "site_locations",
        "site_inventory_entries",
        "site_addresses",
        "revisions",
        "decision_items",
        "unit_successors",
        "sites",
        "role_grants",
        "record_sources",
        "record_doubts",
        "published_values",
        "published_texts",
        "decisions",
        "changesets",
        "users",
        "units",
        "records",
        "published_tombstones",
        "published_journal",
        "published_items",
        "published_concepts",
        "published_collections",
        "concepts",
    ):
        op.drop_table(table)
