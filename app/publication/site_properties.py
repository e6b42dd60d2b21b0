"""The properties of a site in public, as schemas, queryables and OpenAPI describe them."""

from __future__ import annotations

from app.publication.media_properties import MEDIA_PROPERTIES
from app.publication.schema import Property

SITE_PROPERTIES = (
    Property("code", "string", "The site's code, which is the feature's id.", is_queryable=True),
    Property(
        "name",
        "string",
        "The official name, in the language asked for or the next one there is.",
        is_queryable=True,
        is_localized=True,
    ),
    Property("name_lang", "string", "The language `name` is in."),
    Property("other_names", "array", "Other names: `text`, `language`, `note`.", items="object"),
    Property("types", "array", "Types under Law 45/2024/QH15, art. 21.", scheme="site_types"),
    Property("type", "string", "One of the types.", scheme="site_types", is_queryable=True, is_filter_only=True),
    Property("type_labels", "array", "The names of `types`."),
    Property("types_as_ranked", "array", "The type in the words of the ranking decision."),
    Property("rank", "string", "The highest level in force.", scheme="levels", is_queryable=True),
    Property("rank_label", "string", "The name of `rank`."),
    Property(
        "is_rank_certain",
        "boolean",
        "False where an undated or half-dated decision or listing decides the rank.",
        is_queryable=True,
    ),
    Property("is_world_heritage", "boolean", "Whether UNESCO has inscribed it; not a rank.", is_queryable=True),
    Property(
        "inscription",
        "string",
        "A list it is inscribed on.",
        scheme="inscriptions",
        is_queryable=True,
        is_filter_only=True,
    ),
    Property(
        "decisions",
        "array",
        "The decisions about the site by date, undated ones last, each with `images` and `documents`: its scans.",
        items="object",
    ),
    Property("inventory", "array", "Inventory lists the site is on: `list_name`, `listed_from` …", items="object"),
    Property("parent", "object", "The site it is a component of: `code`, `name`, `url`, `rank` …", is_queryable=True),
    Property("components", "array", "Its public components: `code`, `name`, `url`, `rank` …", items="object"),
    Property("period", "string", "The period in words."),
    Property("dated", "string", "The dating in EDTF (ISO 8601-2:2019).", format="edtf"),
    Property("dated_label", "string", "The dating in words."),
    Property("year_from", "integer", "First year of the dating; before year 1 negative.", is_queryable=True),
    Property("year_to", "integer", "Last year of the dating.", is_queryable=True),
    Property("description", "string", "What it is."),
    Property("description_lang", "string", "The language `description` is in."),
    Property("significance", "string", "Why it matters."),
    Property("unit", "string", "The administrative unit it lies in today.", is_queryable=True),
    Property("within", "string", "A unit, old or new, it lies or lay in.", is_queryable=True, is_filter_only=True),
    Property("unit_name", "string", "The name of `unit` and of those above it."),
    Property("address_detail", "string", "House and street, or hamlet."),
    Property("addresses", "array", "Earlier addresses: `role`, `text`, `unit`, `valid_to`, `reason`.", items="object"),
    Property(
        "location_policy", "string", "How much of the place is told.", scheme="location_policies", is_queryable=True
    ),
    Property("location_precision_m", "integer", "Within how many metres of the point the site is.", is_queryable=True),
    Property("location_source", "string", "How the point was obtained."),
    Property(
        "responsible", "array", "Who answers for it: `role`, `kind`, `name` (organisations), `since` …", items="object"
    ),
    Property("visit", "array", "Facts for visitors: `topic`, `value`, `verified_on`, `source`.", items="object"),
    Property("doubts", "array", "What is uncertain: `tag`, `label`, `note`.", items="object", is_queryable=True),
    Property("tags", "array", "Subjects.", is_queryable=True),
    Property("sources", "array", "Where it comes from: `citation`, `page`, `url`.", items="object"),
    *MEDIA_PROPERTIES,
    Property("licence", "string", "SPDX id of the record's licence."),
    Property("attribution", "string", "Whom to credit."),
    Property("url", "string", "Path of the site's page.", format="uri-reference"),
    Property("languages", "array", "Languages the name is given in."),
    Property(
        "modified_at", "string", "When this feature last changed in public.", format="date-time", is_queryable=True
    ),
)
