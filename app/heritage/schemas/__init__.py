"""The payloads of heritage, a file per noun."""

from __future__ import annotations

from app.heritage.schemas.artefact import ArtefactSchema
from app.heritage.schemas.care import SurveySchema, WorkSchema
from app.heritage.schemas.decision import DecisionSchema
from app.heritage.schemas.documentary import DocumentarySchema
from app.heritage.schemas.intangible import IntangibleSchema
from app.heritage.schemas.party import PartySchema
from app.heritage.schemas.site import SiteSchema
from app.heritage.schemas.zone import ZoneSchema

__all__ = [
    "ArtefactSchema",
    "DecisionSchema",
    "DocumentarySchema",
    "IntangibleSchema",
    "PartySchema",
    "SiteSchema",
    "SurveySchema",
    "WorkSchema",
    "ZoneSchema",
]
