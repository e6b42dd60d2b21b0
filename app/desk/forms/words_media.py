"""What the fields of media are called, and what they choose from."""

from __future__ import annotations

from app.desk.forms.words import Label

LABELS: dict[str, Label] = {
    "medium_type": Label("Sort of file"),
    "file": Label("File", "The checksum (SHA-256) of the uploaded file; the file itself is never changed."),
    "caption": Label("Caption"),
    "alt": Label("What is seen in it", "For people who cannot see it: a sentence or two."),
    "transcript": Label("Transcript", "What is said or sung in it, for people who cannot hear it."),
    "captions": Label("Captions", "WebVTT or SRT: each with its times, 00:01.000 --> 00:04.000, then its text."),
    "creator": Label("Made by", "Whoever photographed, drew, wrote or recorded it, as they are to be named."),
    "media.dated": Label("When it was made", "1985, 196X (decade), 2026-03-04; about 1930: 1930~."),
    "rights_holder": Label("Rights holder"),
    "media.licence": Label("Licence", "Under which the public may use it."),
    "is_place_cleared": Label(
        "The file tells nothing of a sensitive place",
        "A reviewer’s word; without it a file about a place that is not told exactly is not shown.",
    ),
    "placements": Label("Stands with", "The records that it shows or belongs to."),
    "placements.record": Label("Record"),
    "placements.role": Label("As"),
    "placements.rank": Label("Order", "Small numbers come first."),
}
