"""Whatever is sent to the register's API, the answer is a document or a clear refusal, never an accident."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.accounts.models import Role
from app.catalogue import KINDS
from app.core.db import db
from tests.harness import register
from tests.harness.counts import counts
from tests.harness.machines import BASE, Caller, make_caller

if TYPE_CHECKING:
    from tests.harness.databases import Databases

CODES = ("QNM-9001", "QNM-9002", "QNM-9003")
PLURALS = [kind.plural for kind in KINDS.values()]
FIELDS = sorted({name for kind in KINDS.values() for name in kind.schema().fields} | {"etag", "x"})
REFUSED = {400, 403, 404, 409, 410, 412, 413, 415, 422, 428}

numbers = st.one_of(st.integers(-(10**25), 10**25), st.floats(allow_nan=True, allow_infinity=True))
leaves = st.one_of(st.none(), st.booleans(), numbers, st.text(max_size=12), st.sampled_from([*CODES, "vi", "1e999"]))
values = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["uid", "vi", "en", "entered_text", "entered_crs", "role", "", "a"]), inner),
    ),
    max_leaves=8,
)
geometries = st.one_of(
    values,
    st.builds(
        lambda kind, coordinates: {"type": kind, "coordinates": coordinates},
        st.sampled_from(["Point", "LineString", "Polygon", "MultiPolygon", "Feature", "x"]),
        st.recursive(numbers, lambda inner: st.lists(inner, max_size=4), max_leaves=12),
    ),
)
bodies = st.one_of(
    values,
    st.fixed_dictionaries(
        {},
        optional={"properties": st.dictionaries(st.sampled_from(FIELDS), values, max_size=5), "geometry": geometries},
    ),
    st.fixed_dictionaries(
        {"action": st.sampled_from(["submit", "accept", "publish", "restore", "delete", "undelete", "discard", "x"])},
        optional={"revision": values, "comment": values},
    ),
)


@pytest.fixture(scope="module")
def callers(databases: Databases) -> Iterator[list[Caller]]:
    with ExitStack() as stack:
        found = []
        for name in ("sqlite", "postgis"):
            app = stack.enter_context(databases.app(name))
            with app.app_context():
                register.write_vocabulary(db.session())
                register.accept(db.session(), ("site", register.site(CODES[0])))
                db.session.commit()
            found.append(make_caller(app, "fuzz@example.org", Role.ADMIN))
        yield found


def send(caller: Caller, method: str, path: str, body: bytes, headers: dict[str, str]) -> int:
    given = {"Authorization": f"Bearer {caller.token}", **headers}
    response = caller.app.test_client().open(f"{BASE}{path}", method=method, data=body, headers=given)
    if response.status_code >= 400:
        assert response.content_type == "application/problem+json"
    return response.status_code


@given(
    method=st.sampled_from(["POST", "PUT", "PATCH", "DELETE"]),
    plural=st.sampled_from(PLURALS),
    code=st.sampled_from(CODES),
    body=bodies,
    crs=st.sampled_from(["", "<http://www.opengis.net/def/crs/EPSG/0/4326>", "<x>", "é"]),
    is_fresh=st.booleans(),
)
@settings(max_examples=counts(60, 800))
def test_writes_answer_anything(
    callers: list[Caller], method: str, plural: str, code: str, body: Any, crs: str, *, is_fresh: bool
) -> None:
    text = json.dumps(body).encode()
    statuses = []
    for caller in callers:
        path = f"/collections/{plural}/items"
        headers = {"Content-Type": "application/geo+json", "Content-Crs": crs}
        if isinstance(body, dict) and "action" in body:
            path, method, headers["Content-Type"] = f"{path}/{code}/transitions", "POST", "application/json"
        elif method != "POST":
            path = f"{path}/{code}"
            if is_fresh:
                headers["If-Match"] = caller.get(path).headers.get("ETag", '"x"')
        statuses.append(send(caller, method, path, text, headers))
    assert statuses[0] == statuses[1]
    assert statuses[0] in REFUSED | {200, 201, 204}


@given(
    parameters=st.dictionaries(
        st.sampled_from(["bbox", "bbox-crs", "crs", "limit", "cursor", "q", "sortby", "state", "tag", "lang", "x"]),
        st.one_of(st.text(max_size=20), st.lists(numbers.map(str), min_size=4, max_size=6).map(",".join)),
        max_size=3,
    ),
    text=st.text(max_size=20).map(lambda text: text.replace("?", "").replace("#", "")),
)
@settings(max_examples=counts(40, 500))
def test_reads_answer_anything(callers: list[Caller], parameters: dict[str, str], text: str) -> None:
    for caller in callers:
        headers = {"Authorization": f"Bearer {caller.token}"}
        client = caller.app.test_client()
        response = client.get(f"{BASE}/collections/sites/items", query_string=parameters, headers=headers)
        assert response.status_code in {200, 400}
        for path in (f"/collections/{text}", f"/collections/sites/items/{text}/revisions/{text}...1", f"/{text}"):
            assert client.get(f"{BASE}{path}", headers=headers).status_code in {200, 301, 308, 400, 403, 404}, path
