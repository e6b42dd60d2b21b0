"""Names offered while an officer types: units of today and of the past, records and drafts."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from app.core.db import db
from app.desk.context import shown
from app.desk.forms import picking


def mount(desk: Blueprint) -> None:
    """Mount the lists."""
    desk.add_url_rule("/pick/units", "pick_units", pick_units)
    desk.add_url_rule("/pick/records", "pick_records", pick_records)


def _words() -> str:
    """Give what was typed, without the name that follows a chosen code."""
    return request.args.get("q", "")[:200].partition(" – ")[0].strip()


def pick_units() -> Response:
    """Offer units by code or any name they ever had."""
    units = picking.find_units(db.session(), _words()) if _words() else []
    return jsonify([{"value": unit.public_id, "text": f"{unit.public_id} – {shown(unit.name)}"} for unit in units])


def pick_records() -> Response:
    """Offer records and drafts of a kind, or of any."""
    entries = picking.find_records(db.session(), _words(), request.args.get("kind")) if _words() else []
    return jsonify([{"value": entry.code, "text": f"{entry.code} – {shown(entry.label)}"} for entry in entries])
