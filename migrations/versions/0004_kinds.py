"""The register's further kinds and a site's custody."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

revision = "0004"
down_revision = "0003"

_KINDS = ("party", "artefact", "intangible", "documentary", "survey", "work")
_COLLECTIONS = ("artefacts", "intangible", "documentary")
# The tables made here, in the order of their making.
_TABLES = (
    "record_other_names",
    "record_threats",
    "parties",
    "party_consents",
    "artefacts",
    "artefact_measurements",
    "documentary_items",
    "intangible_elements",
    "intangible_places",
    "intangible_practitioners",
    "surveys",
    "works",
    "site_custodianships",
    "site_land_papers",
    "site_steles",
    "site_boundary_markers",
    "site_certificates",
)


def upgrade() -> None:
    """Make the new kinds' tables; a site's other names and a decision's items come to belong to any record."""
    _create_common()
    _create_parties()
    _create_movables()
    _create_intangible()
    _create_care()
    _create_custody()
    _move_other_names()
    _widen_decision_items()
    op.add_column("zones", sa.Column("minutes_date", sa.String(100)))


def _geometry() -> sa.types.TypeEngine[object]:
    postgis = Geometry(geometry_type="GEOMETRY", srid=4326, spatial_index=False)
    return sa.LargeBinary().with_variant(postgis, "postgresql")


def _texts(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Text()) for name in names]


def _strings(length: int, *names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.String(length)) for name in names]


def _json(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.JSON(), nullable=False) for name in names]


def _create(table: str, *columns: sa.Column[Any], needs: dict[str, str] | None = None, **refers: str) -> None:
    """Make the table of a kind of record, whose key is the record's, or (with `needs`) of a part of one.

    `needs` are the references that must be there, `refers` the others: {column: table}.
    """
    references = {**(needs or {}), **refers}
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        *columns,
        *(sa.Column(name, sa.Integer(), nullable=name not in (needs or {})) for name in references),
        *(
            sa.ForeignKeyConstraint([name], [f"{target}.id"], name=f"fk_{table}_{name}")
            for name, target in (references if needs else {"id": "records", **references}).items()
        ),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
    )
    for name in references:
        op.create_index(f"ix_{table}_{name}", table, [name])


def _create_part(table: str, *columns: sa.Column[Any], needs: dict[str, str], **refers: str) -> None:
    """Make the table of a repeatable part."""
    named = (sa.Column("uid", sa.String(40), nullable=False), sa.Column("position", sa.Integer(), nullable=False))
    _create(table, *named, *columns, needs=needs, **refers)


def _text(name: str, length: int | None = None) -> sa.Column[Any]:
    """Give a text that must be there."""
    return sa.Column(name, sa.String(length) if length else sa.Text(), nullable=False)


def _flag(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Boolean(), nullable=False)


_RECORD = {"record_id": "records"}
_SITE = {"site_id": "sites"}


def _create_common() -> None:
    _create_part("record_other_names", _text("text"), _text("language", 20), *_texts("note"), needs=_RECORD)
    _create_part("record_threats", _text("threat", 40), *_texts("note"), needs=_RECORD)


def _create_parties() -> None:
    _create(
        "parties",
        _text("party_kind", 40),
        *_json("name", "role"),
        *_texts("address", "website", "note"),
        *_strings(100, "phone", "valid_from", "valid_to"),
        *_strings(200, "email"),
        unit_id="units",
        successor_id="parties",
    )
    _create_part(
        "party_consents",
        _text("scope", 40),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("withdrawn_on", sa.Date()),
        _text("document"),
        *_texts("note"),
        needs={"party_id": "parties"},
    )


def _kept_and_dated() -> list[sa.Column[Any]]:
    """Give the columns that artefacts and documentary heritage share."""
    return [
        *_json("name", "period", "holder", "description", "provenance"),
        *_texts("kept_place", "condition_note", "note"),
        *_strings(100, "dated"),
        sa.Column("year_from", sa.Integer()),
        sa.Column("year_to", sa.Integer()),
        *_strings(10, "location_policy"),
        *_strings(40, "holder_kind", "plan_number", "condition"),
        *_strings(60, "inventory_code"),
        _flag("is_text_cleared"),
    ]


def _create_movables() -> None:
    _create(
        "artefacts",
        *_kept_and_dated(),
        *_json("materials", "found_at"),
        *_strings(40, "artefact_kind", "origin", "period_concept", "style"),
        *_strings(100, "registration_number", "registered_on"),
        *_texts("year_note", "material_note"),
        site_id="sites",
        holder_party_id="parties",
    )
    _create_part(
        "artefact_measurements",
        *_json("part"),
        _text("measure", 40),
        sa.Column("value", sa.Double()),
        *_strings(20, "unit"),
        *_texts("text", "note"),
        needs={"artefact_id": "artefacts"},
    )
    _create(
        "documentary_items",
        *_kept_and_dated(),
        *_json("scripts", "languages", "extent", "author", "significance"),
        *_strings(40, "carrier"),
        site_id="sites",
        holder_party_id="parties",
    )


def _create_intangible() -> None:
    _create(
        "intangible_elements",
        *_json("name", "domains_as_recorded", "community", "schedule", "description", "significance", "safeguarding"),
        *_strings(40, "domain", "transmission"),
        *_strings(100, "domain_basis"),
        _flag("is_domain_reviewed"),
        *_texts("transmission_note", "note"),
    )
    _create_part(
        "intangible_places",
        _text("text"),
        *_texts("note"),
        needs={"element_id": "intangible_elements"},
        unit_id="units",
        site_id="sites",
    )
    _create_part(
        "intangible_practitioners",
        *_strings(40, "title"),
        *_strings(100, "since"),
        *_texts("note"),
        needs={"element_id": "intangible_elements", "party_id": "parties"},
    )


def _create_care() -> None:
    _create(
        "surveys",
        _text("surveyed_on", 100),
        *_texts("surveyor"),
        *_strings(40, "condition"),
        *_json("findings", "recommendations"),
        sa.Column("next_due_on", sa.Date()),
        subject_id="records",
        surveyor_party_id="parties",
    )
    _create(
        "works",
        *_json("name", "state_before", "state_after"),
        _text("work_kind", 40),
        _text("state", 40),
        *_strings(100, "permit_number", "permit_date", "started_on", "finished_on"),
        *_texts("permit_issuer", "fund_source", "contractor"),
        sa.Column("cost", sa.BigInteger()),
        *_strings(3, "currency"),
        site_id="sites",
        decision_id="decisions",
        contractor_party_id="parties",
    )


def _create_custody() -> None:
    _create_part(
        "site_custodianships",
        _text("role", 40),
        *_strings(100, "since", "until"),
        *_texts("basis"),
        needs={**_SITE, "party_id": "parties"},
        decision_id="decisions",
    )
    _create_part(
        "site_land_papers",
        _text("status", 40),
        *_strings(100, "number", "dated"),
        sa.Column("area_m2", sa.Double()),
        *_texts("note"),
        needs=_SITE,
    )
    _create_part("site_steles", _text("status", 40), *_strings(100, "placed_on"), *_texts("note"), needs=_SITE)
    _create_part(
        "site_boundary_markers",
        _text("number", 40),
        _text("status", 40),
        *_texts("entered_text", "note"),
        *_strings(20, "entered_crs"),
        sa.Column("geom", _geometry()),
        needs=_SITE,
    )
    _create_part(
        "site_certificates",
        _text("status", 40),
        *_strings(100, "number", "delivered_on"),
        *_texts("note"),
        needs=_SITE,
        decision_id="decisions",
    )


_NAME = "uid, position, text, language, note"


def _move_other_names() -> None:
    op.execute(
        f"INSERT INTO record_other_names (record_id, {_NAME}) SELECT site_id, {_NAME} FROM site_other_names ORDER BY id"
    )
    op.drop_table("site_other_names")


def _widen_decision_items() -> None:
    op.drop_index("ix_decision_items_site_id", "decision_items")
    with op.batch_alter_table("decision_items") as batch:
        batch.drop_constraint("fk_decision_items_site_id", type_="foreignkey")
        batch.alter_column("site_id", new_column_name="record_id", existing_type=sa.Integer(), existing_nullable=False)
        batch.add_column(sa.Column("recognition", sa.String(40)))
        batch.add_column(sa.Column("cancels_id", sa.Integer()))
    # A batch knows a column by the name it had when the batch began.
    with op.batch_alter_table("decision_items") as batch:
        batch.create_foreign_key("fk_decision_items_record_id", "records", ["record_id"], ["id"])
        batch.create_foreign_key("fk_decision_items_cancels_id", "decisions", ["cancels_id"], ["id"])
    op.create_index("ix_decision_items_record_id", "decision_items", ["record_id"])
    op.create_index("ix_decision_items_cancels_id", "decision_items", ["cancels_id"])
    _rename_in_payloads("site", "record")


def _rename_in_payloads(old: str, new: str) -> None:
    """Rename a key of the items in what revisions of decisions propose or proposed."""
    revisions = sa.table(
        "revisions", sa.column("id", sa.Integer), sa.column("kind", sa.String), sa.column("payload", sa.JSON)
    )
    bind = op.get_bind()
    last = 0
    chosen = sa.select(revisions.c.id, revisions.c.payload).where(revisions.c.kind == "decision").limit(500)
    while rows := bind.execute(chosen.where(revisions.c.id > last).order_by(revisions.c.id)).all():
        for key, payload in rows:
            last = key
            items = payload.get("items")
            if isinstance(items, list) and any(isinstance(item, dict) and old in item for item in items):
                renamed = [
                    {new if name == old else name: value for name, value in item.items()}
                    if isinstance(item, dict)
                    else item
                    for item in items
                ]
                bind.execute(
                    sa.update(revisions).where(revisions.c.id == key).values(payload={**payload, "items": renamed})
                )


def downgrade() -> None:
    """Go back to sites, decisions and zones: records of the kinds made here go, with all that names them."""
    _forget_kinds()
    op.drop_column("zones", "minutes_date")
    _narrow_decision_items()
    _move_other_names_back()
    for table in reversed(_TABLES):
        op.drop_table(table)


def _forget_kinds() -> None:
    kinds = ", ".join(f"'{kind}'" for kind in _KINDS)
    gone = f"(SELECT id FROM records WHERE kind IN ({kinds}))"
    op.execute(f"DELETE FROM decision_items WHERE record_id NOT IN (SELECT id FROM sites) OR record_id IN {gone}")
    op.execute(f"DELETE FROM record_relations WHERE target_id IN {gone}")
    for table in ("record_relations", "record_sources", "record_doubts", "record_external_refs", "record_threats"):
        op.execute(f"DELETE FROM {table} WHERE record_id IN {gone}")
    op.execute(f"DELETE FROM record_other_names WHERE record_id IN {gone}")
    op.execute(
        f"UPDATE history SET revision_id = NULL WHERE revision_id IN (SELECT id FROM revisions WHERE kind IN ({kinds}))"
    )
    entries = f"(SELECT id FROM register_entries WHERE kind IN ({kinds}))"
    op.execute(f"DELETE FROM register_facets WHERE entry_id IN {entries}")
    op.execute(f"DELETE FROM register_entries WHERE kind IN ({kinds})")
    op.execute(f"DELETE FROM revisions WHERE kind IN ({kinds})")
    for table in reversed(_TABLES):
        if not table.startswith("record_"):
            op.execute(f"DELETE FROM {table}")
    op.execute(f"DELETE FROM records WHERE kind IN ({kinds})")
    collections = ", ".join(f"'{name}'" for name in _COLLECTIONS)
    items = f"(SELECT id FROM published_items WHERE collection IN ({collections}))"
    for table in ("published_texts", "published_values"):
        op.execute(f"DELETE FROM {table} WHERE item_id IN {items}")
    op.execute(f"DELETE FROM published_items WHERE collection IN ({collections})")
    op.execute(f"DELETE FROM published_collections WHERE name IN ({collections})")


def _narrow_decision_items() -> None:
    op.drop_index("ix_decision_items_record_id", "decision_items")
    op.drop_index("ix_decision_items_cancels_id", "decision_items")
    with op.batch_alter_table("decision_items") as batch:
        batch.drop_constraint("fk_decision_items_record_id", type_="foreignkey")
        batch.drop_constraint("fk_decision_items_cancels_id", type_="foreignkey")
        batch.drop_column("cancels_id")
        batch.drop_column("recognition")
        batch.alter_column("record_id", new_column_name="site_id", existing_type=sa.Integer(), existing_nullable=False)
    with op.batch_alter_table("decision_items") as batch:
        batch.create_foreign_key("fk_decision_items_site_id", "sites", ["site_id"], ["id"])
    op.create_index("ix_decision_items_site_id", "decision_items", ["site_id"])
    _rename_in_payloads("record", "site")


def _move_other_names_back() -> None:
    _create_part("site_other_names", _text("text"), _text("language", 20), *_texts("note"), needs=_SITE)
    op.execute(
        f"INSERT INTO site_other_names (site_id, {_NAME}) SELECT record_id, {_NAME} FROM record_other_names "
        "WHERE record_id IN (SELECT id FROM sites) ORDER BY id"
    )
