"""Quotas: who is counted as whom, how many requests a minute there are for each, and how a key's days are counted."""

from __future__ import annotations

import datetime as dt
import ipaddress
import time
from dataclasses import dataclass
from functools import lru_cache

from app.core.clock import VIETNAM, today
from app.subscriptions.counts import Counts, tag_of

WINDOW_S = 60
_DAY_S = 86_400
# How long a key's holder can look back.
DAYS_KEPT = 30
_SHIFT_S = int(VIETNAM.utcoffset(None).total_seconds())


@dataclass(frozen=True, slots=True)
class Policy:
    """How many requests a minute there are for one address or one key."""

    name: str
    quota: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Where somebody stands with a policy, this request included: `left` of the quota for `reset_s` seconds."""

    policy: Policy
    count: int
    reset_s: int

    @property
    def left(self) -> int:
        """How many requests are left."""
        return max(self.policy.quota - self.count, 0)

    @property
    def is_exceeded(self) -> bool:
        """Whether this request is one too many."""
        return self.count > self.policy.quota


@lru_cache(maxsize=4096)
def tag_of_address(what: str, address: str, secret: str) -> int:
    """Give the tag of what comes from a network address; of IPv6 from its /64, all of which is one household's."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        # A server on a socket of the machine gives none.
        return tag_of(f"{what} {address}", secret)
    if isinstance(found, ipaddress.IPv6Address):
        found = found.ipv4_mapped or ipaddress.ip_address(int(found) >> 64 << 64)
    return tag_of(f"{what} {found}", secret)


@lru_cache(maxsize=4096)
def _tag_of_key(key_hash: str) -> int:
    return tag_of(f"key {key_hash}")


@lru_cache(maxsize=4096)
def _tag_of_day(key_hash: str, day: int) -> int:
    return tag_of(f"key {key_hash} on {day}")


def count_key(counts: Counts, policy: Policy, key_hash: str) -> Standing:
    """Count a request with a key, for its minute and for its day in Vietnam."""
    day = (int(time.time()) + _SHIFT_S) // _DAY_S
    counts.add(_tag_of_day(key_hash, day), (DAYS_KEPT + 1) * _DAY_S)
    return Standing(policy, *counts.add(_tag_of_key(key_hash), WINDOW_S))


def read_usage(counts: Counts, key_hash: str) -> list[tuple[dt.date, int]]:
    """Give how many requests came with a key on each day that it was used, today first, up to thirty days back."""
    days = [today() - dt.timedelta(days=back) for back in range(DAYS_KEPT)]
    epoch = dt.date(1970, 1, 1)
    found = [(day, counts.read(_tag_of_day(key_hash, (day - epoch).days))) for day in days]
    return [(day, count) for day, count in found if count]
