"""The tables of heritage, a file per noun."""

from __future__ import annotations

from app.heritage.models.artefact import Artefact, Measurement
from app.heritage.models.care import Survey, Work
from app.heritage.models.common import LocationPolicy, OtherName, Threat
from app.heritage.models.custody import BoundaryMarker, Certificate, Custodianship, LandPaper, Stele
from app.heritage.models.decision import Decision, DecisionItem
from app.heritage.models.documentary import DocumentaryItem
from app.heritage.models.intangible import IntangibleElement, PracticePlace, Practitioner
from app.heritage.models.party import Consent, Party
from app.heritage.models.site import Address, InventoryEntry, Location, Site, VisitFact
from app.heritage.models.zone import Zone

__all__ = [
    "Address",
    "Artefact",
    "BoundaryMarker",
    "Certificate",
    "Consent",
    "Custodianship",
    "Decision",
    "DecisionItem",
    "DocumentaryItem",
    "IntangibleElement",
    "InventoryEntry",
    "LandPaper",
    "Location",
    "LocationPolicy",
    "Measurement",
    "OtherName",
    "Party",
    "PracticePlace",
    "Practitioner",
    "Site",
    "Stele",
    "Survey",
    "Threat",
    "VisitFact",
    "Work",
    "Zone",
]
