"""What the fields of the register are called, how they are grouped, what hints they carry and what they choose from."""

from __future__ import annotations

from app.desk.forms import words_heritage, words_media, words_tourism
from app.desk.forms.words import LABELS as COMMON
from app.desk.forms.words import Label

# Groups in the order of an officer's thinking; every kind's fields fall into some of them.
GROUPS: dict[str, str] = {
    "identity": "Identity",
    "time": "When",
    "place": "Place",
    "law": "Law and papers",
    "description": "Description",
    "condition": "Condition and care",
    "visit": "Visit",
    "custody": "Custody",
    "evidence": "Sources and doubts",
    "links": "Relations and other systems",
    "other": "Further facts",
}

# Field, or kind and field, to group, in the order of the form; a field of a part goes where its list goes.
_GROUP_OF: dict[str, str] = {
    "identity": (
        "code name title medium_type file other_names category notice_kind severity party_kind role artefact_kind "
        "inventory_code "
        "registration_number registered_on domain is_domain_reviewed domains_as_recorded domain_basis parent site "
        "work_kind state record zone_type edition number mode difficulty scripts languages carrier extent author "
        "placements tags"
    ),
    "time": (
        "rules date_note time_start time_end time_note last_known schedule starts_on ends_on surveyed_on surveyor "
        "surveyor_party next_due_on started_on finished_on duration_h date_rule valid_from valid_to"
    ),
    "place": (
        "current_unit unit address_detail address addresses place event.site place.site notice.site site_name places "
        "locations location_policy is_text_cleared is_place_cleared entered_text entered_crs accuracy_m "
        "boundary_text area_m2 cadastral_sheet cadastral_plot found_at"
    ),
    "law": (
        "types types_as_ranked inventory_entries date issuer items decision minutes minutes_date permit_number "
        "permit_date permit_issuer cost currency fund_source certificates land_papers steles boundary_markers creator "
        "rights_holder licence"
    ),
    "description": (
        "intangible text period period_concept dated year_from year_to year_note style materials material_note "
        "measurements caption alt transcript captions description significance note"
    ),
    "condition": (
        "condition condition_note transmission transmission_note threats findings recommendations safeguarding "
        "state_before state_after"
    ),
    "visit": "visit_facts opening_hours opening_hours_verified_on prices dwell_basis stops status_note",
    "custody": (
        "custodianships community practitioners artefact.site documentary.site kept_place plan_number holder_party "
        "holder holder_kind origin provenance organiser organiser_party contractor contractor_party phone email "
        "website contact contact_kind consent_on successor consents"
    ),
    "evidence": "sources doubts",
    "links": "relations external_refs",
}
_ORDER = {group: names.split() for group, names in _GROUP_OF.items()}
_GROUP = {field: group for group, names in _ORDER.items() for field in names}


def group_of(kind: str, field: str) -> str:
    """Give the group that a field of a kind stands in."""
    return _GROUP.get(f"{kind}.{field}") or _GROUP.get(field, "other")


def place_of(kind: str, field: str) -> int:
    """Give a field's place within its group; fields that no group names come last, as the schema has them."""
    names = _ORDER.get(group_of(kind, field), [])
    return next((names.index(name) for name in (f"{kind}.{field}", field) if name in names), len(names))


# By kind and field, else by field; within parts by list and field.
LABELS: dict[str, Label] = COMMON | words_heritage.LABELS | words_tourism.LABELS | words_media.LABELS


def label_of(kind: str, path: str) -> Label:
    """Give the label of a field of a kind, a part's field as `list.field`; its name where there is none."""
    return LABELS.get(f"{kind}.{path}") or LABELS.get(path) or Label(path.rpartition(".")[2].replace("_", " "))


# What a field chooses from where no vocabulary of the register holds it: value to msgid.
OPTIONS: dict[str, dict[str, str]] = {
    **words_tourism.OPTIONS,
    "locations.role": {"main": "the place itself", "entrance": "its entrance", "part": "a part of it"},
}
