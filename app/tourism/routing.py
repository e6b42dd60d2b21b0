"""Ways between stops from a routing engine of OSRM's interface: what is asked of it, and what is kept of its answers.

Only the worker asks, and only for places that are published: neither a visitor's request nor an unpublished place ever
reaches the engine.
"""

from __future__ import annotations

import datetime as dt
import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from shapely.geometry import LineString
from sqlalchemy.orm import Session

from app.config import Settings
from app.core.batches import batches
from app.core.errors import InvalidInput, Unavailable
from app.tourism.models import RoutedWay

# How one travels → the name of that in an address of OSRM's; no engine knows the boats.
_PROFILES = {"walk": "foot", "bike": "bike", "car": "car"}
# A place known less well is nothing to lead anybody to.
_ROUGH_M = 500
# The engine moves both ends to its nearest road: one that lies further off is on another island, or has no road.
_MOST_SNAPPED_M = 500
_TIMEOUT_S = 20
_MOST_BYTES = 4_000_000
# About two metres: a line is drawn on telephones, not surveyed.
_TOLERANCE_DEGREES = 0.00002
# Roads change; a way older than this is asked for anew.
KEPT_DAYS = 90
# What one way's answer may have amiss.
_ODD = (http.client.HTTPException, ValueError, LookupError, TypeError, RecursionError)
_SILENT = "The routing engine does not answer as it should: %(error)s."
# With these a server before the engine, or the engine itself, says that it can answer nobody now.
_AWAY = frozenset({429, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class End:
    """One end of a way as it is published: degrees WGS 84, and within how many metres it is known."""

    lon: float | None
    lat: float | None
    precision_m: int | None


@dataclass(frozen=True, slots=True)
class Found:
    """What the engine found: the line, metres along it, seconds to travel it; no line where it knows no way."""

    key: str
    line: LineString | None
    distance_m: float = 0.0
    duration_s: float = 0.0


class OddAnswerError(Exception):
    """The engine is there, but what it answers for this one way is of no use."""


class SlowAnswerError(OddAnswerError):
    """The engine took the question, and has said nothing for too long."""


def way_key(mode: str, start: End, end: End) -> str | None:
    """Name the way between two ends; None where no engine is to be asked, for one of them is not known well enough."""
    for one in (start, end):
        if one.lon is None or one.lat is None or one.precision_m is None or one.precision_m > _ROUGH_M:
            return None
    if mode not in _PROFILES or (start.lon, start.lat) == (end.lon, end.lat):
        return None
    return f"{mode}:{start.lon:.6f},{start.lat:.6f};{end.lon:.6f},{end.lat:.6f}"


def read_ways(session: Session, keys: Collection[str]) -> dict[str, RoutedWay]:
    """Read the ways that are kept, by key, without those that the engine knows none of."""
    rows: list[RoutedWay] = []
    for chunk in batches(sorted(keys)):
        rows += session.scalars(sa.select(RoutedWay).where(RoutedWay.key.in_(chunk), RoutedWay.line.is_not(None)))
    return {row.key: row for row in rows}


def due_ways(session: Session, wanted: Collection[str], today: dt.date) -> list[str]:
    """Give those of the wanted ways that are not kept yet, or have been kept for too long."""
    oldest = today - dt.timedelta(days=KEPT_DAYS)
    kept = set(session.scalars(sa.select(RoutedWay.key).where(RoutedWay.found_on > oldest)))
    return sorted(set(wanted) - kept)


def ask(settings: Settings, key: str) -> Found:
    """Ask the engine for a way.

    Raises `Unavailable` when it is not there, `OddAnswerError` when it answers what no engine of this interface does
    (`SlowAnswerError` when it answers nothing), and `InvalidInput` for an address in the settings that is none.
    """
    mode, _, ends = key.partition(":")
    base = settings.routing_url.replace("{mode}", mode).rstrip("/")
    if not base.startswith(("http://", "https://")):
        raise InvalidInput("DISAN_ROUTING_URL: “%(value)s” does not begin with http:// or https://.", value=base[:80])
    url = f"{base}/route/v1/{_PROFILES[mode]}/{ends}?overview=full&geometries=geojson&steps=false"
    try:
        return _read(key, _fetch(url))
    except _ODD as error:
        raise OddAnswerError(str(error)[:200]) from error
    except urllib.error.HTTPError as error:
        if error.code not in _AWAY:
            raise OddAnswerError(f"HTTP {error.code}") from error
        raise Unavailable(_SILENT, error=str(error)[:200]) from error
    except TimeoutError as error:
        # Where it cannot even be connected to, urllib wraps this in an error of its own.
        msg = f"there is none after {_TIMEOUT_S} s"
        raise SlowAnswerError(msg) from error
    except OSError as error:
        raise Unavailable(_SILENT, error=str(error)[:200]) from error


def _fetch(url: str) -> Any:
    """Get an answer as JSON; an engine says with a 400 that there is no way."""
    request = urllib.request.Request(url, headers={"Accept": "application/json"})  # noqa: S310 (the operator's own)
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as response:  # noqa: S310 (the same)
            text = response.read(_MOST_BYTES + 1)
    except urllib.error.HTTPError as error:
        with error:
            if error.code != http.HTTPStatus.BAD_REQUEST:
                raise
            text = error.read(_MOST_BYTES + 1)
    if len(text) > _MOST_BYTES:
        msg = f"its answer is longer than {_MOST_BYTES} bytes"
        raise ValueError(msg)
    return json.loads(text)


def _read(key: str, answer: Any) -> Found:
    """Read an answer (project-osrm.org/docs/v5.24.0/api, route service)."""
    if answer["code"] in ("NoRoute", "NoSegment"):
        return Found(key, None)
    if answer["code"] != "Ok":
        msg = f"it says {str(answer['code'])[:40]}"
        raise ValueError(msg)
    if any(float(point["distance"]) > _MOST_SNAPPED_M for point in answer["waypoints"]):
        return Found(key, None)
    route = answer["routes"][0]
    distance, duration = float(route["distance"]), float(route["duration"])
    line = LineString(route["geometry"]["coordinates"])
    west, south, east, north = line.bounds
    if not (
        0 < distance < 1e7 and 0 < duration < 1e7 and west >= -180 and south >= -90 and east <= 180 and north <= 90
    ):
        msg = "its way is none on Earth"
        raise ValueError(msg)
    simple = line.simplify(_TOLERANCE_DEGREES)
    return Found(key, LineString([(round(x, 6), round(y, 6)) for x, y, *_ in simple.coords]), distance, duration)


def keep_ways(
    session: Session, found: Iterable[Found], wanted: Collection[str], *, source: str, today: dt.date
) -> set[str]:
    """Keep what was found and forget what nobody wants any more; gives the keys of the lines that changed."""
    changed: set[str] = set()
    kept = {row.key: row for row in session.scalars(sa.select(RoutedWay))}
    for key in kept.keys() - set(wanted):
        session.delete(kept[key])
        changed.add(key)
    for one in found:
        row = kept.get(one.key) or RoutedWay(key=one.key)
        if one.line is not None or row.line is not None:
            changed.add(one.key)
        row.line, row.distance_m, row.duration_s = one.line, one.distance_m, one.duration_s
        row.source, row.found_on = source, today
        session.add(row)
    session.flush()
    return changed
