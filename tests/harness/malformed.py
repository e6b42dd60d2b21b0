"""Malformed requests of the public API, each with the parameter that its refusal must name."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from typing import Any, NamedTuple
from urllib.parse import quote

from hypothesis import strategies as st

from app.api.cursors import bind_cursor
from app.api.extensions import EXTENSIONS
from app.api.items import PARAMETERS
from app.publication.collections import COLLECTIONS

API = "/api/v1"
SITES = f"{API}/collections/sites/items"
# Names and values; bytes are sent as they are.
Pairs = tuple[tuple[str, str | bytes], ...]


class Asked(NamedTuple):
    """A request: its path, its parameters, and which of them is wrong."""

    path: str
    pairs: Pairs
    wrong: str

    @property
    def address(self) -> str:
        """Give the address, with bytes as they are."""
        return f"{self.path}?" + "&".join(f"{quote(name, '')}={quote(value, '')}" for name, value in self.pairs)


def _ask(values: st.SearchStrategy[Any], name: str, path: str = SITES, **beside: str) -> st.SearchStrategy[Asked]:
    """Ask a path with a wrong value of a parameter, and right ones of others."""
    return values.map(lambda value: Asked(path, (*beside.items(), (name, value)), name))


def _other_than(*right: str) -> st.SearchStrategy[str]:
    """Give texts that are none of these; they may be next to them."""
    near = st.sampled_from([f"{text}{end}" for text in right for end in ("x", " ", "'", ".", "%")] or ["x"])
    return st.one_of(near, words.filter(lambda text: text not in right))


def _cut(text: str) -> st.SearchStrategy[str]:
    return st.integers(1, len(text) - 1).map(lambda end: text[:end])


def _numbers(*counts: int) -> st.SearchStrategy[str]:
    numbers = st.floats(-89, 89).map(str)
    return st.sampled_from(counts).flatmap(lambda n: st.lists(numbers, min_size=n, max_size=n)).map(",".join)


words = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="�,"), min_size=1, max_size=30
).filter(str.strip)
# NUL, and bytes that are no UTF-8: overlong ones, half a letter, half a surrogate pair.
unfit = st.tuples(
    words,
    st.sampled_from(
        [b"\x00", b"\xc0\xae", b"\xe0\x80\xaf", b"\xf0\x80\x80\xaf", b"\xff", b"\xe1\xbb", b"\xed\xa0\x80"]
    ),
).map(lambda parts: parts[0].encode() + parts[1])
too_long = st.one_of(
    st.integers(8193, 9000).map(lambda count: "a" * count),
    words.map(lambda text: (text * 8193)[:8193]),
)
no_number = st.sampled_from(["x", "nan", "inf", "-Infinity", "1e400", "--1", "0x10", "1_000", "१", "1.2.3", "1e", "é"])
no_names = st.one_of(
    words.map(lambda text: f"x{text}"), st.sampled_from(["code,,code", "code;name", "code name", "x,code"])
)

_boxes = st.one_of(
    _numbers(1, 2, 3, 5, 7, 8),
    no_number.map(lambda text: f"108,15,{text},16"),
    st.floats(90.01, 1e9).map(lambda lat: f"108,15,109,{lat}"),
    st.floats(0.001, 80).map(lambda gap: f"108,15,109,{15 - gap}"),
    st.floats(180.01, 1e9).map(lambda lon: f"-{lon},15,109,16"),
)
_places = st.one_of(
    _numbers(1, 3, 4),
    no_number.map(lambda text: f"{text},15.9"),
    st.floats(14.9, 16.1).map(lambda lat: f"{lat},108.3"),
    st.floats(90.01, 1e9).map(lambda lat: f"108.3,{lat}"),
)
_counts = st.one_of(
    no_number,
    st.integers(-(10**30), 0).map(str),
    st.integers(10**19, 10**40).map(str),
    st.sampled_from(["1.5", "1e3", " 5", "+5", "5,6", "٣"]),
)
_systems = st.one_of(
    words,
    st.integers(10**4, 10**9).map(lambda code: f"EPSG:{code}"),
    st.integers(10**4, 10**9).map(lambda code: f"http://www.opengis.net/def/crs/EPSG/0/{code}"),
    st.sampled_from(["4326", "CRS84", "urn:ogc:def:crs:EPSG::4326", "http://www.opengis.net/def/crs/EPSG/0/3857/"]),
)
_times = st.one_of(
    st.sampled_from(
        [
            *("yesterday", "2026", "2026-1-1", "2026-13-01", "2026-02-30", "2026-11-24T09:00", "2026-11-24 09:00:00Z"),
            *("../..", "/", "2026-01-02/2026-01-01", "2026-01-01/x", "2026-01-01/2026-01-02/2026-01-03", "now"),
            *("2026-11-24T09:00:00", "9999-99-99T99:99:99Z", "-2026-01-01", "P1Y/2026-01-01"),
        ]
    ),
    words.map(lambda text: f"x{text}"),
)
_instants = st.one_of(
    st.sampled_from(
        [
            "no",
            "2026-11-24",
            "2026-11-24T09:00",
            "2026-11-24T25:00Z",
            "0001-01-01T00:00:00+14:00",
            "9999-12-31T23:59:59-12:00",
        ]
    ),
    words.map(lambda text: f"x{text}"),
)
_days = st.one_of(no_number, st.sampled_from(["2026", "2026-13-01T00:00:00Z", "2026-01-31"]))
_years = st.one_of(no_number, st.floats(0.01, 0.99).map(lambda part: f"{1500 + part}"))

_CONDITION = "rank = 'national' AND (year_from < 1500 OR S_INTERSECTS(geometry, BBOX(108, 15, 109, 16)))"
_PROPERTY = {"property": "rank"}
_IS_NATIONAL = {"op": "=", "args": [_PROPERTY, "national"]}
_depths = st.integers(33, 260)


def _nest(open_: str, middle: str, close: str) -> st.SearchStrategy[str]:
    return _depths.map(lambda depth: open_ * depth + middle + close * depth)


_bombs = st.one_of(
    *(_nest(*parts) for parts in (("(", "rank = 'x'", ")"), ("NOT ", "rank = 'x'", ""), ("(NOT ", "rank = 'x'", ")"))),
    _nest("CASEI(", "rank", ")").map(lambda text: f"{text} = 'x'"),
    st.integers(51, 400).map(lambda count: " OR ".join(["rank = 'x'"] * count)),
    st.integers(501, 1200).map(lambda count: f"rank IN ({','.join(['1'] * count)})"),
    st.integers(3, 900).map(lambda count: f"S_WITHIN(geometry, POLYGON(({','.join(['1 2'] * count)})))"),
)
_texts = st.one_of(
    _bombs,
    st.sampled_from([")", "AND", "= 'x'", "'", '"', "(", "%", "[1]", ";--", "IS", "\\", "🏯"]).map(
        lambda end: f"{_CONDITION} {end}"
    ),
    words.map(lambda name: f"\"x{name.replace(chr(34), '')}\" = 'a'"),
    st.sampled_from(
        [
            *(
                "rank",
                "rank =",
                "rank = 5",
                "year_from = 'a'",
                "year_from < year_to",
                "LIKE 'a'",
                "year_from LIKE '1%'",
            ),
            *("rank BETWEEN 'a'", "rank IN ()", "T_AFTER(rank, DATE('2026-01-01'))", "T_AFTER(modified_at, DATE('x'))"),
            *(
                "S_WITHIN(geometry, POINT(1))",
                "S_WITHIN(geometry, POINT(200 95))",
                "S_DWITHIN(geometry, POINT(1 2), 5)",
            ),
            *(
                "S_WITHIN(geometry, POLYGON((0 0, 1 1, 1 0, 0 1, 0 0)))",
                "year_from = 1e999",
                "f(rank) = 1",
                "rank + 1 = 2",
            ),
        ]
    ),
)
_objects = st.one_of(
    st.sampled_from(
        ["{", "[1]", "null", "1", '"x"', "{}", '{"op": "and"}', '{"op": 5, "args": []}', '{"op": "and", "args": []}']
    ),
    _cut(json.dumps(_IS_NATIONAL)),
    _depths.map(lambda depth: '{"op":"not","args":[' * depth + "true" + "]}" * depth),
    _depths.map(lambda depth: '{"op":"=","args":[' + '{"op":"casei","args":[' * depth + '"x"' + "]}" * depth + ",1]}"),
    st.integers(200, 4000).map(lambda depth: "[" * depth),
    st.integers(200, 1300).map(lambda depth: '{"a":' * depth),
    st.sampled_from(["=", "<", "like", "in", "between", "isNull", "s_within", "t_after", "xor", "and"])
    .flatmap(
        lambda op: st.lists(st.sampled_from([{}, [], None, 1e308, {"property": 5}, {"bbox": [1]}]), max_size=5).map(
            lambda args: {"op": op, "args": args}
        )
    )
    .map(json.dumps),
)


def _token(*keys: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(keys).encode()).decode().rstrip("=")


_key = st.one_of(
    st.integers(-(2**70), -1),
    st.integers(2**63, 2**70),
    st.none(),
    st.booleans(),
    st.just("\x00"),
    st.lists(st.integers(), max_size=2),
)
_forged = st.one_of(
    words,
    st.binary(min_size=1, max_size=40).map(lambda content: base64.urlsafe_b64encode(content).decode()),
    # Of the right form, but by nobody; of other lists; of ours, but with keys that no row has.
    st.integers(0, 2**50).map(lambda last: _token("crawl", last)),
    st.integers(0, 2**50).map(lambda last: bind_cursor(_token("crawl", last), ("places",))),
    _key.map(lambda key: bind_cursor(_token("crawl", key), ("sites",))),
    st.sampled_from(["box", "near", "text", "sort,+rank", "search"]).map(
        lambda order: bind_cursor(_token(order, 1, 2), ("sites",))
    ),
    st.just("[" * 3000).map(lambda text: bind_cursor(base64.urlsafe_b64encode(text.encode()).decode(), ("sites",))),
)

_OF_SITES = ("lang", "f", *PARAMETERS, *EXTENSIONS, "rank", "name", "code", "within", "year_from", "modified_at")
_PATHS = {
    SITES: _OF_SITES,
    f"{SITES}/QNM-0002": ("lang", "f", "crs", "properties", "skipGeometry"),
    f"{API}/search": (
        "q",
        "collections",
        "bbox",
        "near",
        "radius",
        "within",
        "has",
        "facets",
        "limit",
        "cursor",
        "f",
        "lang",
    ),
    f"{API}/suggest": ("q", "collections", "f", "lang"),
    f"{API}/changes": ("after", "collection", "limit", "f", "lang"),
    f"{API}/vocabularies/levels": ("f", "lang"),
    f"{API}/tiles/WebMercatorQuad": ("f", "lang"),
    f"{API}/collections/sites/tiles/WebMercatorQuad/14/7459/13122": ("f", "lang"),
    f"{API}/dumps": ("f", "lang"),
    f"{API}/": ("f", "lang"),
}
_asked_of = st.sampled_from(sorted(_PATHS)).flatmap(
    lambda path: st.sampled_from(_PATHS[path]).map(lambda name: (path, name))
)
_SEARCH = f"{API}/search"


def _with(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Asked]:
    """Give any parameter of any path one of these values, beside the words without which a search asks nothing."""

    def ask(drawn: tuple[tuple[str, str], Any]) -> Asked:
        (path, name), value = drawn
        beside = (("q", "my son"),) if path in (_SEARCH, f"{API}/suggest") and name != "q" else ()
        return Asked(path, (*beside, (name, value)), name)

    return st.tuples(_asked_of, values).map(ask)


def _unknown(drawn: tuple[str, str, str]) -> Asked:
    path, name, value = drawn
    return Asked(path, ((name, value),), name[:60])


def _twice(drawn: tuple[str, str]) -> Asked:
    path, name = drawn
    return Asked(path, ((name, "1"), (name, "2")), name)


_LISTS: tuple[tuple[str, st.SearchStrategy[Any]], ...] = (
    ("bbox", _boxes),
    ("near", _places),
    ("limit", _counts),
    ("cursor", _forged),
    ("has", no_names),
    ("facets", no_names),
    ("within", words.map(lambda text: f"x{text}")),
    ("q", st.one_of(st.text("?!.,-'\"%*()", min_size=1, max_size=9), words.map(lambda text: (text * 201)[:201] + "a"))),
    ("f", _other_than("json", "html", "gpx", "kml")),
    ("lang", _other_than("vi", "en")),
)
_ITEMS: tuple[tuple[str, st.SearchStrategy[Any]], ...] = (
    *_LISTS,
    ("bbox-crs", _systems),
    ("crs", _systems),
    ("filter-crs", _systems),
    ("filter-lang", _other_than("cql2-text", "cql2-json", "cql-text")),
    ("skipGeometry", _other_than("true", "false")),
    ("properties", words.map(lambda text: f"name,x{text}")),
    ("sortby", st.one_of(no_names, st.sampled_from(["name,name", "name,rank,code,year_from", "++name", "type", "*"]))),
    ("datetime", _times),
    ("filter", _texts),
    ("open_at", _instants),
    ("year_from", _years),
    ("modified_at", _days),
    ("is_world_heritage", _other_than("true", "false").filter(lambda text: text.lower() not in ("true", "false"))),
    ("rank", words.map(lambda text: f"x{text}")),
)
_radii = st.one_of(
    _counts.filter(lambda text: text not in ("1.5", "1e3", " 5", "+5")), st.floats(100_001, 1e300).map(str)
)


def requests() -> st.SearchStrategy[Asked]:
    """Give malformed requests of everything under `/api/v1`."""
    paths = st.sampled_from(sorted(_PATHS))
    return st.one_of(
        *(_ask(values, name) for name, values in _ITEMS),
        *(
            _ask(
                values,
                name,
                _SEARCH,
                **({"radius": "500"} if name == "near" else {}) | ({} if name == "q" else {"q": "my son"}),
            )
            for name, values in _LISTS
        ),
        _ask(_objects, "filter", SITES, **{"filter-lang": "cql2-json"}),
        _ask(_texts, "filter", f"{API}/collections/places/items", limit="5", lang="en"),
        _ask(_radii, "radius", near="108.3,15.9"),
        _ask(_radii, "radius", _SEARCH, near="108.3,15.9", q="my son"),
        _ask(st.just("500"), "radius"),
        _ask(st.just("name"), "sortby", near="108.3,15.9"),
        _ask(_instants, "open_at", f"{API}/collections/places/items"),
        _ask(st.just("now"), "open_at", f"{API}/collections/events/items"),
        _ask(_boxes, "bbox", SITES, **{"bbox-crs": "http://www.opengis.net/def/crs/EPSG/0/4326", "limit": "2"}).filter(
            _is_no_box_of_4326
        ),
        _ask(no_number.map(lambda text: f"1,2,{text},4"), "bbox", SITES, **{"bbox-crs": "EPSG:5899"}),
        _ask(_counts.filter(lambda text: text != "0"), "after", f"{API}/changes"),
        _ask(_counts, "limit", f"{API}/changes"),
        _ask(_other_than(*COLLECTIONS), "collection", f"{API}/changes"),
        *(_ask(no_names, "collections", path, q="my son") for path in (_SEARCH, f"{API}/suggest")),
        *(
            _ask(_other_than("json", "jsonld", "ttl", "tilejson", "mvt"), "f", path)
            for path in sorted(_PATHS)
            if path not in (SITES, _SEARCH)
        ),
        _with(unfit),
        _with(too_long),
        st.tuples(paths, st.one_of(words, st.just("a" * 8193)).map(lambda text: f"x{text}"), words).map(_unknown),
        _asked_of.map(_twice),
    )


def _is_no_box_of_4326(asked: Asked) -> bool:
    """Leave out boxes whose latitudes and longitudes may stand the other way round."""
    text = str(asked.pairs[-1][1])
    return text.count(",") not in (3, 5) or not text.replace(",", "").replace(".", "").replace("-", "").isdecimal()


def paths() -> st.SearchStrategy[str]:
    """Give addresses under `/api/v1` a part of which is wrong."""
    parts = st.one_of(
        words.filter(lambda text: "/" not in text),
        st.sampled_from(["%00", "%C0%AE", "..", "a" * 8193, "-1", "1e9", "99", "WorldCRS84Quad", "sitesx"]),
        st.integers(10**10, 10**40).map(str),
    ).map(lambda text: quote(f"x{text}", safe="%"))
    grid = "WebMercatorQuad"
    forms: Iterable[str] = (
        *("collections/{}", "collections/{}/items", "collections/sites/items/{}", "collections/{}/queryables"),
        *("collections/{}/schema", "collections/sites/{}", "vocabularies/{}", "vocabularies/levels/{}", "dumps/{}"),
        *("styles/{}", "tileMatrixSets/{}", "tiles/{}", "basemaps/{}/tiles", f"tiles/{grid}/{{}}/0/0", "{}"),
        *(f"tiles/{grid}/3/{{}}/0", f"tiles/{grid}/3/0/{{}}", f"collections/{{}}/tiles/{grid}/3/0/0"),
        *(f"basemaps/{{}}/tiles/{grid}/3/0/0", "tiles/{}/3/0/0"),
    )
    return st.tuples(st.sampled_from(list(forms)), parts).map(lambda drawn: f"{API}/{drawn[0].format(drawn[1])}")
