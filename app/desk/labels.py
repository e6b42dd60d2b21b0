"""What the desk calls things: fields, their groups, states, acts; English msgids, said in the reader's language."""

from __future__ import annotations

from app.desk.context import say

# The groups of a record page, as an officer thinks of a record; fields in none of them stand under the last heading.
GROUPS: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "site": (
        (
            "Identity",
            ("name", "other_names", "types", "types_as_ranked", "parent", "period", "dated", "year_from", "year_to"),
        ),
        ("Place", ("current_unit", "address_detail", "addresses", "locations", "location_policy")),
        ("Law", ("inventory_entries",)),
        ("Description", ("description", "significance", "is_text_cleared")),
        ("Visit", ("visit_facts",)),
    ),
    "decision": (("Identity", ("number", "date", "issuer", "title")),),
    "zone": (
        ("Identity", ("site", "zone_type", "edition", "decision", "minutes")),
        (
            "Boundary",
            ("entered_text", "entered_crs", "boundary_text", "area_m2", "accuracy_m", "cadastral_sheet",
             "cadastral_plot"),
        ),
    ),
}  # fmt: skip
# What every record has, shown in sections of its own.
COMMON = ("code", "sources", "doubts", "relations", "external_refs", "tags", "licence")

_FIELDS = {
    "name": "Name", "other_names": "Other names", "types": "Types under the law", "types_as_ranked": "Types as ranked",
    "parent": "Part of", "period": "Period", "dated": "Dating", "year_from": "From the year", "year_to": "To the year",
    "current_unit": "Current administrative unit", "address_detail": "Address in detail", "addresses": "Addresses",
    "locations": "Locations", "location_policy": "What the public may know of the place",
    "inventory_entries": "Inventory lists", "description": "Description", "significance": "Significance",
    "is_text_cleared": "Text is cleared for the public", "visit_facts": "For visitors", "number": "Number",
    "date": "Date", "issuer": "Issuer", "title": "Title", "items": "Items", "site": "Site", "zone_type": "Type of zone",
    "edition": "Edition", "decision": "Decision", "minutes": "Minutes", "entered_text": "As entered",
    "entered_crs": "Coordinate system", "boundary_text": "Boundary in words", "area_m2": "Area (m²)",
    "accuracy_m": "Accuracy (m)", "cadastral_sheet": "Cadastral sheet", "cadastral_plot": "Cadastral plot",
    "code": "Code", "sources": "Sources", "doubts": "Doubts", "relations": "Relations",
    "external_refs": "References to other systems", "tags": "Tags", "licence": "Licence", "text": "Text",
    "language": "Language", "note": "Note", "role": "Role", "unit": "Administrative unit", "valid_to": "Valid until",
    "reason": "Reason", "obtained": "How obtained", "topic": "Topic", "value": "Value", "verified_on": "Verified on",
    "source": "Source", "list_name": "List", "listed_from": "Listed from", "listed_until": "Listed until",
    "article": "Article", "clause": "Clause", "action": "Action", "level": "Level", "inscription": "Inscription",
    "citation": "Citation", "page": "Page", "url": "Address on the web", "statement": "Statement",
    "published": "Published", "tag": "Doubt", "resolved_on": "Resolved on", "resolution": "Resolution",
    "relation": "Relation", "target": "Record", "system": "System",
}  # fmt: skip

STATES = {
    "public": "Public",
    "internal": "Internal",
    "new": "New",
    "deleted": "Deleted",
    "draft": "Draft",
    "in_review": "In review",
    "rejected": "Returned",
    "accepted": "Accepted",
    "discarded": "Discarded",
}
_ACTS = {
    "draft": "Drafted",
    "submit": "Submitted",
    "recall": "Recalled",
    "accept": "Accepted",
    "reject": "Returned",
    "discard": "Discarded",
    "reopen": "Taken up again",
    "rebase": "Merged with what had changed",
    "comment": "Commented",
    "publish": "Published",
    "withdraw": "Withdrawn",
    "delete": "Deleted",
    "undelete": "Brought back",
    "assign": "Assigned",
}
# The schemes that the fields take their concepts from; `role` and `tag` belong to several kinds of parts.
_SCHEMES = {
    "types": "site_types", "zone_type": "zone_types", "location_policy": "location_policies",
    "addresses.role": "address_roles", "visit_facts.topic": "visit_topics", "items.action": "decision_actions",
    "items.level": "levels", "items.inscription": "inscriptions", "doubts.tag": "doubts",
    "relations.relation": "relation_types",
}  # fmt: skip


def field_label(name: str) -> str:
    """Name a field or a field of a part in the reader's language."""
    return say(_FIELDS.get(name) or name.replace("_", " ").capitalize())


def group_label(title: str) -> str:
    """Name a group of fields."""
    return say(title)


def state_label(state: str) -> str:
    """Name a state of a record or of a revision."""
    return say(STATES.get(state, state))


def act_label(action: str) -> str:
    """Name what somebody did, as the history has it."""
    return say(_ACTS.get(action, action))


def scheme_of(path: tuple[str, ...]) -> str | None:
    """Give the scheme of a field's concepts; `path` is (field,) or (list of parts, field of the part)."""
    return _SCHEMES.get(".".join(path))
