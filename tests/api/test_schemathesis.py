"""Schemathesis holds every answer to `/api/v1/openapi.json`: what it makes of each parameter, right and wrong."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import negative_data_rejection, positive_data_acceptance
from schemathesis.generation import GenerationMode

from app.http.parameters import MOST_LIMIT
from tests.harness.counts import IS_FULL, counts

if TYPE_CHECKING:
    from flask import Flask
    from schemathesis import Case
    from schemathesis.openapi import OpenApiSchema

# Whose parameters are not all free of one another: `near` bars `sortby`, `facets` are those of the collections asked
# for, a cursor comes from a `next` link, and a code must be one that something has. OpenAPI cannot say that.
_BOUND = ("/items", "/search", "/suggest", "/items/{code}")


@pytest.fixture(scope="module")
def described(seeded_app: Flask) -> OpenApiSchema:
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", seeded_app)


def _hold(case: Case) -> None:
    """Ask, and hold the answer to the document: its status, type, headers and shape, and whether it is a refusal."""
    excluded: list[Any] = []
    if case.operation.path.endswith(_BOUND):
        excluded.append(positive_data_acceptance)
    limit = str(case.query.get("limit"))
    if limit.isdecimal() and int(limit) > MOST_LIMIT:
        # What is beyond the declared maximum is served as the maximum (OGC 17-069r4, /req/core/fc-limit-response-1).
        excluded.append(negative_data_rejection)
    response = case.call(headers={"Accept-Encoding": "identity"})
    case.validate_response(response, excluded_checks=excluded)


def test_every_parameter_at_its_edges_is_answered_as_described(
    described: OpenApiSchema, figure: Callable[[str, int], None]
) -> None:
    """Smallest, largest, longest, of another type, missing, twice: each value of each parameter of each operation."""
    operations = [found.ok() for found in described.get_all_operations()]
    if not IS_FULL:
        # Collections differ in their properties alone.
        operations = [one for one in operations if not one.path.startswith("/collections/") or "/places" in one.path]
    cases = (
        case
        for operation in operations
        for case in described.iter_coverage_cases(
            operation,
            generation_modes=list(GenerationMode),
            generation_config=described.config.generation_for(operation=operation),
        )
    )
    count = 0
    for case in islice(cases, 0, None, counts(8, 1)):
        _hold(case)
        count += 1
    assert count > counts(100, 8000)
    figure("cases of Schemathesis at the edges of parameters", count)


@given(data=st.data())
@settings(max_examples=counts(60, 2500), suppress_health_check=list(HealthCheck))
def test_random_requests_are_answered_as_described(described: OpenApiSchema, data: st.DataObject) -> None:
    operation = data.draw(st.sampled_from([found.ok() for found in described.get_all_operations()]))
    _hold(data.draw(operation.as_strategy(data.draw(st.sampled_from(list(GenerationMode))))))
