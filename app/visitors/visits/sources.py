"""How a visitor came to a page, in one of six words; and whether it was a person who came, or a program."""

from __future__ import annotations

import enum
import re
from collections.abc import Collection, Mapping
from functools import cache
from urllib.parse import urlsplit

from crawlerdetect import CrawlerDetect


class Source(enum.StrEnum):
    """How a visitor came: from a plaque's QR code, a search, our own pages, a social network, elsewhere, or from none.

    `direct` is whatever says nothing of where it comes from: a typed address, a bookmark, an app, a message.
    """

    QR = "qr"
    SEARCH = "search"
    SITE = "site"
    SOCIAL = "social"
    OTHER = "other"
    DIRECT = "direct"


# What `/q/{code}` adds to the page's address.
VIA = "via"
# Search engines by their domain; of Google's, only what searches: its mail and documents lead elsewhere from anywhere.
_SEARCH = frozenset(
    {
        "baidu.com",
        "bing.com",
        "coccoc.com",
        "daum.net",
        "duckduckgo.com",
        "ecosia.org",
        "naver.com",
        "qwant.com",
        "search.brave.com",
        "seznam.cz",
        "sm.cn",
        "so.com",
        "sogou.com",
        "startpage.com",
        "ya.ru",
        "yahoo.co.jp",
        "yahoo.com",
        "yandex.com",
        "yandex.ru",
    }
)
_GOOGLE = re.compile(r"(?:(?:www|images|lens|news|scholar|cse)\.)?google\.[a-z]{2,3}(?:\.[a-z]{2})?")
_GOOGLE_APP = "googlequicksearchbox.android.google.com"
# Social networks and messengers by the domain of their pages, of their short links, or of their app read backwards.
_SOCIAL = frozenset(
    {
        "bsky.app",
        "douyin.com",
        "facebook.com",
        "fb.com",
        "fb.me",
        "instagram.com",
        "kakao.com",
        "line.me",
        "linkedin.com",
        "lnkd.in",
        "messenger.com",
        "naver.me",
        "pinterest.com",
        "reddit.com",
        "t.co",
        "t.me",
        "telegram.org",
        "threads.com",
        "threads.net",
        "tiktok.com",
        "twitter.com",
        "vk.com",
        "wa.me",
        "weibo.cn",
        "weibo.com",
        "weixin.qq.com",
        "whatsapp.com",
        "x.com",
        "xhslink.com",
        "xiaohongshu.com",
        "youtu.be",
        "youtube.com",
        "zalo.me",
        "zalo.zing.com",
    }
)
# How the browsers within their apps name themselves; most of them keep where they come from to themselves.
_IN_APP = re.compile(
    r"\bFBA[NV]/|\bInstagram\b|\bZalo\b|\bMicroMessenger/|\bLine/|\bKAKAOTALK\b|\bBytedanceWebview\b|\bmusical_ly"
    r"|\bTwitter for\b|\bPinterest/"
)
# What Facebook and Zalo add to every link that is followed from them.
_MARKS = ("fbclid", "zarsrc")
# No browser names itself in so few letters, or in more.
_SHORTEST_AGENT, _LONGEST_AGENT = 12, 1000


def classify(referrer: str, agent: str, asked: Mapping[str, str], own_hosts: Collection[str]) -> Source:
    """Tell how a visitor came, by the address that led here, the browser's name and the parameters of this address.

    `own_hosts` are ours, without port. A plaque's code counts before all else.
    """
    if asked.get(VIA) == Source.QR:
        return Source.QR
    host = _host_of(referrer)
    if host in own_hosts:
        return Source.SITE
    if host and (host == _GOOGLE_APP or _GOOGLE.fullmatch(host) or _is_of(host, _SEARCH)):
        return Source.SEARCH
    if _is_of(host, _SOCIAL) or any(mark in asked for mark in _MARKS) or _IN_APP.search(agent):
        return Source.SOCIAL
    return Source.OTHER if host else Source.DIRECT


def is_person(agent: str, *, purpose: str = "", mode: str = "") -> bool:
    """Tell whether a person looks at the page, as far as what asks for it says.

    `purpose` is what browsers say that fetch a page in case it is wanted (`Sec-Purpose`, before it `Purpose`), `mode`
    (`Sec-Fetch-Mode`) what tells a page that is gone to from one that a script fetches, to keep it for later.
    """
    if "prefetch" in purpose.lower() or mode not in ("", "navigate"):
        return False
    return _SHORTEST_AGENT <= len(agent) <= _LONGEST_AGENT and not _crawlers().isCrawler(agent)


@cache
def _crawlers() -> CrawlerDetect:
    return CrawlerDetect()


def _host_of(address: str) -> str:
    """Give the host of an address; an app's (`android-app://com.example`) with its labels as domains have them."""
    try:
        parts = urlsplit(address.strip())
        host = (parts.hostname or "").removesuffix(".")
    except ValueError:
        return ""
    if parts.scheme == "android-app":
        return ".".join(reversed(host.split(".")))
    return host if parts.scheme in ("http", "https") else ""


def _is_of(host: str, domains: Collection[str]) -> bool:
    labels = host.split(".")
    return any(".".join(labels[start:]) in domains for start in range(len(labels) - 1))
