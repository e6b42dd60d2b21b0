"""Events with their occurrences, itineraries, visitor places and notices."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

revision = "0006"
down_revision = "0005"


def _geometry() -> sa.types.TypeEngine[object]:
    postgis = Geometry(geometry_type="GEOMETRY", srid=4326, spatial_index=False)
    return sa.LargeBinary().with_variant(postgis, "postgresql")


def upgrade() -> None:
    """Make the tables of the kinds, then those of their parts."""
    _create_kinds()
    _create_event_parts()
    _create_place_parts()
    _create_stops()


def _record(name: str, *columns: sa.schema.SchemaItem, refers: dict[str, str]) -> None:
    """Make the table of a kind: its key is a record's, `refers` its optional references by column."""
    op.create_table(
        name,
        sa.Column("id", sa.Integer(), nullable=False),
        *columns,
        *(sa.Column(column, sa.Integer()) for column in refers),
        sa.ForeignKeyConstraint(["id"], ["records.id"], name=f"fk_{name}_id"),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=f"fk_{name}_{column}")
            for column, table in refers.items()
        ),
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
    )
    for column in refers:
        op.create_index(f"ix_{name}_{column}", name, [column])


def _part(name: str, owner: tuple[str, str], *columns: sa.schema.SchemaItem) -> None:
    """Make the table of a repeatable part; `owner` is the column of its record and that record's table."""
    column, table = owner
    op.create_table(
        name,
        sa.Column(column, sa.Integer(), nullable=False),
        *columns,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint([column], [f"{table}.id"], name=f"fk_{name}_{column}"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
    )
    op.create_index(f"ix_{name}_{column}", name, [column])


def _localized(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.JSON(), nullable=False) for name in names]


def _create_kinds() -> None:
    _record(
        "events",
        *_localized("name", "description", "place", "site_name"),
        sa.Column("category", sa.String(60)),
        sa.Column("date_note", sa.Text()),
        sa.Column("time_start", sa.String(5)),
        sa.Column("time_end", sa.String(5)),
        sa.Column("time_note", sa.Text()),
        sa.Column("last_known", sa.String(100)),
        sa.Column("status_note", sa.Text()),
        sa.Column("intangible", sa.String(60)),
        sa.Column("organiser", sa.Text()),
        refers={"site_id": "sites", "unit_id": "units", "organiser_id": "records"},
    )
    op.create_index("ix_events_intangible", "events", ["intangible"])
    _record(
        "visitor_places",
        *_localized("name", "description", "address"),
        sa.Column("category", sa.String(60), nullable=False),
        sa.Column("opening_hours", sa.Text()),
        sa.Column("website", sa.Text()),
        sa.Column("phone", sa.String(100)),
        sa.Column("contact", sa.Text()),
        sa.Column("contact_kind", sa.String(20)),
        sa.Column("consent_on", sa.Date()),
        sa.Column("status_note", sa.Text()),
        sa.Column("note", sa.Text()),
        refers={"site_id": "sites", "unit_id": "units"},
    )
    _record(
        "itineraries",
        *_localized("name", "date_rule", "description"),
        sa.Column("mode", sa.String(40), nullable=False),
        sa.Column("difficulty", sa.String(40)),
        sa.Column("duration_h", sa.Double()),
        sa.Column("dwell_basis", sa.String(40)),
        refers={},
    )
    _record(
        "notices",
        *_localized("title", "text"),
        sa.Column("notice_kind", sa.String(40), nullable=False),
        sa.Column("severity", sa.String(40), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date()),
        refers={"site_id": "sites", "unit_id": "units"},
    )


def _names() -> list[sa.Column[object]]:
    return [
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("language", sa.String(20), nullable=False),
        sa.Column("note", sa.Text()),
    ]


def _locations() -> list[sa.Column[object]]:
    return [
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("entered_text", sa.Text(), nullable=False),
        sa.Column("entered_crs", sa.String(20), nullable=False),
        sa.Column("geom", _geometry(), nullable=False),
        sa.Column("accuracy_m", sa.Integer()),
        sa.Column("obtained", sa.JSON(), nullable=False),
        sa.Column("credit", sa.Text()),
        sa.Column("note", sa.Text()),
    ]


def _create_event_parts() -> None:
    event = ("event_id", "events")
    _part("event_other_names", event, *_names())
    _part("event_locations", event, *_locations())
    _part(
        "event_rules",
        event,
        sa.Column("calendar", sa.String(10), nullable=False),
        sa.Column("recurrence", sa.String(20), nullable=False),
        *(sa.Column(name, sa.Integer()) for name in ("every_years", "year", "month", "day", "main_day")),
        sa.Column("duration_days", sa.Integer()),
        sa.Column("leap_month_policy", sa.String(30)),
        sa.Column("short_month", sa.String(10), nullable=False),
        sa.Column("is_followed", sa.Boolean(), nullable=False),
        sa.Column("source", sa.Text()),
        sa.Column("note", sa.Text()),
    )
    op.create_table(
        "event_occurrences",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("main_on", sa.Date()),
        sa.Column("lunar", sa.String(12)),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name="fk_event_occurrences_event_id"),
        sa.PrimaryKeyConstraint("id", name="pk_event_occurrences"),
    )
    for first, second in (("event_id", "starts_on"), ("starts_on", "ends_on")):
        op.create_index(f"ix_event_occurrences_{first}_{second}", "event_occurrences", [first, second])


def _create_place_parts() -> None:
    place = ("place_id", "visitor_places")
    _part("visitor_place_other_names", place, *_names())
    _part("visitor_place_locations", place, *_locations())
    _part(
        "visitor_place_prices",
        place,
        sa.Column("audience", sa.String(40), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("as_of", sa.String(100)),
        sa.Column("note", sa.Text()),
    )


def _create_stops() -> None:
    name = "itinerary_stops"
    _part(
        name,
        ("itinerary_id", "itineraries"),
        *_localized("name", "text"),
        sa.Column("site_id", sa.Integer(), sa.ForeignKey("sites.id", name=f"fk_{name}_site_id")),
        sa.Column("place_id", sa.Integer(), sa.ForeignKey("visitor_places.id", name=f"fk_{name}_place_id")),
        sa.Column("dwell_min", sa.Integer()),
        sa.Column("leg_text", sa.Text()),
        sa.Column("leg_crs", sa.String(20)),
        sa.Column("leg", _geometry()),
        sa.Column("note", sa.Text()),
    )
    for column in ("site_id", "place_id"):
        op.create_index(f"ix_{name}_{column}", name, [column])


def downgrade() -> None:
    """Drop the parts, then the kinds."""
    for table in (
        "itinerary_stops",
        "visitor_place_prices",
        "visitor_place_locations",
        "visitor_place_other_names",
        "event_occurrences",
        "event_rules",
        "event_locations",
        "event_other_names",
        "notices",
        "itineraries",
        "visitor_places",
        "events",
    ):
        op.drop_table(table)
