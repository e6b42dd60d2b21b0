"""Dumps of the whole publication: what there is, the files, and the catalogue for data portals."""

from __future__ import annotations

import dataclasses
from typing import Any

from flask import Response, json, send_file
from werkzeug.wrappers import Response as BaseResponse

from app.api.answers import JSON, answer_json, answer_text, api_path, begin, link, localized, wants_page
from app.api.rdf import JSON_LD
from app.core.errors import Gone, NotFound
from app.http.caching import keep_briefly, keep_for_good, make_etag
from app.http.settings import absolute, current_settings
from app.publication.dumps.catalogue import describe_catalogue, file_path
from app.publication.dumps.folders import Dump, DumpFile, find_file, newest_dump

_NONE_YET = {
    "vi": "Chưa có bản kết xuất nào: người vận hành tạo bằng lệnh `disan dump`.",
    "en": "No dump has been made yet: the operator makes one by the command `disan dump`.",
}
_SAID = {
    "vi": "Toàn bộ dữ liệu đã công bố, theo từng bộ dữ liệu và ngôn ngữ; đọc tiếp các thay đổi sau số `journal`.",
    "en": "All that is published, by collection and language; go on with the changes after the number `journal`.",
}


def list_dumps() -> Response:
    """Give the manifest of the newest dump; without files where none was made."""
    begin(())
    wants_page(has_page=False)
    dump = newest_dump(current_settings())
    links = [
        link("self", api_path("/dumps"), JSON),
        link("describedby", api_path("/dcat.jsonld"), JSON_LD, "The catalogue (DCAT-AP)"),
    ]
    if dump is None:
        return answer_json({"description": localized(_NONE_YET), "links": links, "made_at": None, "files": []})
    told = dump.manifest
    changes = api_path(f"/changes?after={told.journal}")
    body = {
        "description": localized(_SAID),
        "links": [*links, link("next", changes, JSON, "What has changed since")],
        **dataclasses.asdict(told),
        "files": [_told(found) for found in told.files],
    }
    return answer_json(body)


def _told(found: DumpFile) -> dict[str, Any]:
    return {**dataclasses.asdict(found), "url": absolute(file_path(found))}


def send_dump(file: str) -> BaseResponse:
    """Send a file of a dump, or a range of it; with `v` for good, for that names the content."""
    asked = begin(("v",))
    wants_page(has_page=False)
    version = asked.get("v") or None
    found = find_file(current_settings(), file, version)
    if found is None:
        raise _missing(file)
    response = _send(*found)
    if version:
        keep_for_good(response)
    else:
        keep_briefly(response)
    return response


def _send(dump: Dump, found: DumpFile) -> BaseResponse:
    try:
        response = send_file(
            dump.folder / found.name,
            mimetype=found.media_type,
            as_attachment=True,
            download_name=found.name,
            etag=found.sha256,
            conditional=True,
        )
    except FileNotFoundError as error:
        # It was replaced since the list was read.
        raise _missing(found.name) from error
    response.headers["Content-Language"] = found.language
    return response


def _missing(name: str) -> Gone | NotFound:
    """Give the error for a file that is not there: `Gone` where only its content is another now."""
    if find_file(current_settings(), name, None):
        return Gone("“%(value)s” has been dumped anew since. Read /api/v1/dumps again.", value=name)
    return NotFound("There is no dump “%(value)s”; /api/v1/dumps lists what there is.", value=name[:60])


def show_catalogue() -> Response:
    """Describe the publication for data portals (DCAT-AP 3)."""
    begin(())
    wants_page(has_page=False)
    dump = newest_dump(current_settings())
    text = json.dumps(
        describe_catalogue(current_settings(), dump.manifest if dump else None, absolute("")), ensure_ascii=False
    )
    return answer_text(text, JSON_LD, make_etag(text))
