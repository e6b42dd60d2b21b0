"""Plaque addresses, /q/{code}: where each leads, and the QR code that a telephone reads it from."""

from __future__ import annotations

import io
from collections.abc import Callable
from urllib.parse import quote

import segno
from flask import Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from app.core.errors import InvalidInput
from app.http.caching import is_fresh, keep_briefly, make_etag
from app.http.i18n import choose_page_language, content_language, set_language
from app.http.reading import reading
from app.http.settings import absolute
from app.publication.codes import read_by_code
from app.visitors.visits.sources import VIA, Source
from app.web.features import load_feature

# A plaque stands outdoors for years. H, the highest level of ISO/IEC 18004, reads with about 30 % of the code
# scratched, bleached or under moss; for an address of 40 letters it makes 37 modules a side instead of the 29 of L.
_CORRECTION = "h"
# The quiet zone that the standard asks for, drawn with the code: else a plaque's frame or a dark wall would touch it.
QUIET_MODULES = 4
# The longest address that a plaque has room for: modules of 1 mm in a code of 9 cm.
_MOST_CHARACTERS = 250
LEAST_PX, MOST_PX, _USUAL_PX = 100, 2000, 600
# A withdrawn record's code stays in a browser for so long at most; the address that it tells does not change.
_KEPT_S = 86_400


def lead(code: str) -> BaseResponse:
    """Lead to the page of what has the code, in the visitor's language: a zone's is its site's, a unit's a list."""
    set_language(choose_page_language())
    item = read_by_code(reading(), code, content_language())
    address = str(load_feature(item.feature)["properties"]["url"])
    # So that the page is counted as found by its plaque; a unit's list is not counted.
    response = redirect(address if "?" in address else f"{address}?{VIA}={Source.QR}", 302)
    keep_briefly(response)
    response.vary.add("Accept-Language")
    return response


def show_svg(code: str) -> Response:
    """Give the QR code of a plaque address as SVG, a millimetre a module."""
    return _answer(code, "image/svg+xml", _draw_svg)


def show_png(code: str) -> Response:
    """Give it as PNG, `size` pixels wide at most: modules are whole pixels, or a scanner would see them blurred."""
    size = _read_size(request.args.get("size"))
    return _answer(code, "image/png", lambda qr: _draw_png(qr, size), size)


def plaque_address(code: str) -> str:
    """Give the absolute address that stands on a plaque."""
    return absolute(f"/q/{quote(code)}")


def make_code(address: str) -> segno.QRCode:
    """Make the QR code of an address; raises `InvalidInput` for one that no plaque has room for."""
    if len(address) > _MOST_CHARACTERS:
        raise InvalidInput("The address of this service is too long for a QR code: %(value)s …", value=address[:60])
    return segno.make_qr(address, error=_CORRECTION, boost_error=False)


def _read_size(text: str | None) -> int:
    if not text:
        return _USUAL_PX
    if not (text.isascii() and text.isdigit() and len(text) < 6 and LEAST_PX <= int(text) <= MOST_PX):
        raise InvalidInput(
            "%(field)s: “%(value)s” is not a number from %(least)s to %(most)s.",
            field="size",
            value=text[:20],
            least=LEAST_PX,
            most=MOST_PX,
        )
    return int(text)


def _answer(code: str, media_type: str, draw: Callable[[segno.QRCode], bytes], *variant: object) -> Response:
    """Answer with the code of what is public, whatever letters its code is asked in."""
    address = plaque_address(read_by_code(reading(), code, content_language()).code)
    etag = make_etag("qr", media_type, address, *variant)
    response = Response(status=304) if is_fresh(etag) else Response(draw(make_code(address)), mimetype=media_type)
    response.set_etag(etag)
    response.headers["Cache-Control"] = f"public, max-age={_KEPT_S}"
    # Opened by itself, a drawing is a document: it runs and fetches nothing.
    response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
    return response


def _draw_svg(qr: segno.QRCode) -> bytes:
    body = io.BytesIO()
    qr.save(
        body, kind="svg", border=QUIET_MODULES, unit="mm", light="#fff", xmldecl=False, svgclass=None, lineclass=None
    )
    # Rows of modules touch; smoothed, a printer would show hairlines between them.
    return body.getvalue().replace(b"<svg ", b'<svg shape-rendering="crispEdges" ', 1)


def _draw_png(qr: segno.QRCode, size_px: int) -> bytes:
    body = io.BytesIO()
    modules = int(qr.symbol_size(border=QUIET_MODULES)[0])
    qr.save(body, kind="png", border=QUIET_MODULES, scale=max(1, size_px // modules))
    return body.getvalue()
