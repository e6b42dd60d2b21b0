"""What was typed into a form that could not be taken: kept on the page, and sent once more when the way is free."""

from __future__ import annotations

from dataclasses import dataclass

from flask import json, request

from app.http.actor import CSRF_FIELD, is_from_here

KEPT_FIELD = "_kept"
# Room for what keeping adds: names, quotes and the fields of log-in.
_MOST_BYTES = 6 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Kept:
    """A form's address and its fields in their order; `had_files` says that files were there, which cannot be kept."""

    to: str
    fields: tuple[tuple[str, str], ...]
    had_files: bool = False

    def write(self) -> str:
        """Write it as the text of one hidden field."""
        return json.dumps({"to": self.to, "fields": self.fields, "had_files": self.had_files}, ensure_ascii=False)


def is_desk_path(text: str) -> bool:
    """Tell whether a text is an address of the desk on this host and nothing else."""
    head = text.partition("?")[0].partition("#")[0]
    return (
        (head == "/desk" or head.startswith("/desk/"))
        and "//" not in head
        and not {"..", "."} & set(head.split("/"))
        and "\\" not in text
        and text.isprintable()
    )


def keep_posted() -> Kept | None:
    """Keep the form of this request; None when one of our pages did not send it, or it is no form, or too large."""
    is_form = request.mimetype in ("application/x-www-form-urlencoded", "multipart/form-data")
    if request.method != "POST" or not is_form or not is_from_here():
        return None
    if (request.content_length or 0) > _MOST_BYTES:
        return None
    fields = tuple(pair for pair in request.form.items(multi=True) if pair[0] != CSRF_FIELD)
    query = request.query_string.decode("ascii", "ignore")
    to = request.path + (f"?{query}" if query else "")
    if not is_desk_path(to):
        return None
    return Kept(to, fields, any(file.filename for file in request.files.values()))


def read_kept(text: str) -> Kept | None:
    """Read what `write` wrote; None for anything else."""
    try:
        found = json.loads(text)
        kept = Kept(
            str(found["to"]),
            tuple((str(name), str(value)) for name, value in found["fields"]),
            bool(found["had_files"]),
        )
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return kept if is_desk_path(kept.to) else None
