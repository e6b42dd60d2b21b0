"""The kinds of heritage, a file per noun, and the one list of them."""

from __future__ import annotations

from app.heritage.kinds.care import SURVEY, WORK
from app.heritage.kinds.decision import DECISION
from app.heritage.kinds.intangible import INTANGIBLE
from app.heritage.kinds.movable import ARTEFACT, DOCUMENTARY
from app.heritage.kinds.party import PARTY
from app.heritage.kinds.site import SITE
from app.heritage.kinds.zone import ZONE

KINDS = (SITE, DECISION, ZONE, PARTY, ARTEFACT, INTANGIBLE, DOCUMENTARY, SURVEY, WORK)
