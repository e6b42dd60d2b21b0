"""Every setting of the deployment, once: name, type, default and meaning, read from the environment."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import URL

from app.core.errors import InvalidInput

ROOT = Path(__file__).resolve().parent.parent


def _setting(default: Any, meaning: str, *, is_secret: bool = False) -> Any:
    # What is secret, or may hold it, is in no `repr`: those end in logs.
    told = {"meaning": meaning, "default": default}
    return field(default_factory=lambda: default, metadata=told, repr=not is_secret)


@dataclass(frozen=True, slots=True)
class Settings:
    """What one deployment decides; the field `data` is read from the environment variable `DISAN_DATA`, and so on."""

    data: Path = _setting(Path("var"), "Folder of the embedded database and of everything else the service writes.")
    database_url: str = _setting(
        "",
        "SQLAlchemy URL of the database; empty means SQLite in the data folder. PostGIS: `postgresql+psycopg://…`.",
        is_secret=True,
    )
    public_url: str = _setting(
        "",
        "Scheme and host under which the public reaches the service, for absolute links; empty: the request's.",
    )
    host: str = _setting("127.0.0.1", "Address the server listens on.")
    port: int = _setting(8000, "Port the server listens on.")
    workers: int = _setting(1, "Server processes.")
    trusted_proxies: int = _setting(
        0, "How many reverse proxies in front are trusted to set `X-Forwarded-For`, `-Proto` and `-Host`."
    )
    hsts_seconds: int = _setting(0, "`max-age` of the Strict-Transport-Security header; 0 sends none.")
    log_level: str = _setting("INFO", "Least severe level that is logged: DEBUG, INFO, WARNING or ERROR.")
    languages: tuple[str, ...] = _setting(
        ("vi", "en"),
        "Languages published, separated by commas; the first is the default, their order is the fallback chain.",
    )
    interface_languages: tuple[str, ...] = _setting(
        ("zh", "ja", "ko", "fr"),
        "Languages that visitors' pages speak beside those published, separated by commas: what a record says falls "
        "back there to a published one, visibly.",
    )
    tenant_name: Mapping[str, str] = _setting(
        {"vi": "Quảng Nam", "en": "Quảng Nam"}, "Name of the area the register covers, as a JSON object by language."
    )
    attribution: str = _setting("Di sản Quảng Nam", "Whom a reuser credits, shown on every record.")
    licence: str = _setting("CC-BY-4.0", "SPDX id of the licence of records that carry none of their own.")
    code_pattern: str = _setting(
        r"[A-Z][A-Z0-9]{1,7}-[A-Z0-9]{1,12}(-[A-Z0-9]{1,6})?",
        "Regular expression that a record's code matches in full.",
    )
    code_prefix: str = _setting("QNM", "What the codes that are suggested for new records begin with.")
    grid: str = _setting("EPSG:5899", "The local survey grid in which officers read coordinates off their sheets.")
    plausible_box: tuple[float, float, float, float] = _setting(
        (107.2, 14.95, 108.75, 16.25),
        "Box (min lon, min lat, max lon, max lat) in which a typed coordinate is believed.",
    )
    basemap_pmtiles: str = _setting(
        "",
        "PMTiles archive (version 3) that is drawn over our own basemap in the map's styles, such as an extract of "
        "OpenStreetMap; empty: none.",
    )
    routing_url: str = _setting(
        "",
        "Routing engine of OSRM's interface that the worker asks at night for the ways between the stops of "
        "itineraries: `http://127.0.0.1:5000`, or with `{mode}` in it, which becomes `walk`, `bike` or `car`, where "
        "each has an engine of its own; empty: straight lines, said to be such.",
    )
    routing_source: str = _setting(
        "OSRM, © OpenStreetMap contributors", "Whom to name for the ways that the routing engine finds."
    )
    worker: bool = _setting(
        True, "Whether `disan serve` runs a worker beside the server; false where `disan work` runs by itself."
    )
    worker_lease_seconds: int = _setting(
        60, "How long a job whose worker has died waits until another worker takes it."
    )
    service_worker: bool = _setting(
        True,
        "Whether visitors' browsers keep the pages they saw, for bad networks; false ends what does so in those that "
        "have it, and lets what it kept go.",
    )
    daily_dump: bool = _setting(
        False,
        "Whether the worker dumps the publication every night, at four in the morning, Vietnam's time.",
    )
    backup_target: str = _setting(
        "",
        "Folder into which the worker backs the register up every night, at five in the morning, Vietnam's time, and "
        "tries whether the backup can be restored; empty: no backups but those made by the command.",
    )
    backup_key: str = _setting(
        "",
        "Public key of age (`age1…`) to which backups are sealed; nothing else is then written to their folder. Empty: "
        "they are not sealed.",
    )
    backup_keep: int = _setting(14, "How many backups are kept in their folder; 0: all.")
    geodata_max_mb: int = _setting(20, "Largest file of geodata that may be uploaded, in megabytes.")
    import_max_mb: int = _setting(50, "Largest table that may be sent to be taken in, in megabytes.")
    media_max_mb: int = _setting(60, "Largest picture or paper that may be uploaded with a record, in megabytes.")
    media_max_recording_mb: int = _setting(500, "Largest sound or film that may be uploaded, in megabytes.")
    media_max_minutes: int = _setting(30, "Longest sound or film that may be uploaded, in minutes.")
    media_max_megapixels: int = _setting(80, "Largest picture that is decoded, in megapixels.")
    media_max_pages: int = _setting(200, "Most pages of a PDF that may be uploaded.")
    media_bucket: str = _setting(
        "",
        "Where files are kept: `s3://BUCKET` or `s3://BUCKET/FOLDER` in an S3-compatible service; empty means the "
        "folder `media` of the data folder.",
    )
    media_endpoint: str = _setting(
        "",
        "Address of the service that has the bucket, `https://HOST[:PORT]` (`http:` on this machine only); empty means "
        "Amazon's of the region.",
    )
    media_region: str = _setting("us-east-1", "Region of the bucket.")
    media_key_id: str = _setting("", "Name of the key that opens the bucket.", is_secret=True)
    media_secret: str = _setting("", "The key's secret.", is_secret=True)
    trust_list: str = _setting(
        "",
        "File or folder of root certificates (PEM) whose holders' signatures in PDF are trusted; empty: a signature is"
        " checked for being intact only.",
    )
    libreoffice: str = _setting(
        "",
        "LibreOffice's program, which makes PDF/A of official papers; empty: `soffice` or `libreoffice` on PATH, and "
        "without either DOCX alone.",
    )
    papers: str = _setting(
        "", "File (TOML) that declares the official papers that can be made; empty: those that come with the service."
    )
    papers_authority: str = _setting(
        "", "Authority above the office that makes papers, as their head names it; empty: a dotted line."
    )
    papers_agency: str = _setting("", "Office that makes papers, as their head names it; empty: a dotted line.")
    papers_place: str = _setting("", "Place that papers name beside their date; empty: a dotted line.")
    one_person_office: bool = _setting(False, "Whether an officer may accept a change that they wrote themselves.")

    quota_anonymous: int = _setting(
        600, "Requests a minute to the public API from one network address without a key; 0: as many as come."
    )
    quota_keyed: int = _setting(6000, "Requests a minute to the public API with one key; 0: as many as come.")
    quota_secret: str = _setting(
        "",
        "What network addresses are hashed with where requests are counted; empty: made anew at each start.",
        is_secret=True,
    )
    keys_per_day: int = _setting(
        5, "Keys to the public API that are given to one network address a day; 0: the page gives none."
    )

    visits: bool = _setting(
        True, "Whether visits of the pages of records are counted, by day, record, language and source alone."
    )
    reports_per_day: int = _setting(
        200,
        "Visitors' reports that are taken from one network address a day, which a whole mobile network may share; 0: "
        "the page takes none.",
    )
    reports_months: int = _setting(
        12, "After how many months what visitors wrote in a report, its photo and the way to ask back are erased."
    )
    reports_photo_mb: int = _setting(15, "Largest photo that may come with a visitor's report, in megabytes.")

    count_tables: str = _setting(
        "",
        "TOML file of the sector's tables, where the office's forms differ from those of `app/statistics/tables.toml`.",
    )
    count_components: bool = _setting(
        True, "Whether counts take a component of a site for a site of its own, unless an officer chooses otherwise."
    )
    count_special_in_national: bool = _setting(
        False,
        "Whether counts take a special national site for a national one too, unless an officer chooses otherwise.",
    )

    session_idle_minutes: int = _setting(60, "After how many minutes without a request a log-in to the desk ends.")
    session_hours: int = _setting(12, "After how many hours a log-in to the desk ends in any case.")
    link_hours: int = _setting(72, "For how many hours an admin's one-time link (invitation, new password) is good.")
    address_log_days: int = _setting(30, "After how many days network addresses are taken out of the accounts' log.")

    @property
    def sqlalchemy_url(self) -> str | URL:
        """The database's URL, with the embedded default filled in."""
        # Made from its parts: a folder's name may hold any character.
        return self.database_url or URL.create("sqlite", database=str((self.data / "disan.sqlite3").resolve()))

    @property
    def default_language(self) -> str:
        """The language of last resort, the first of `languages`."""
        return self.languages[0]

    @property
    def page_languages(self) -> tuple[str, ...]:
        """The languages of visitors' pages: those published, then those that only the pages speak."""
        return (*self.languages, *(code for code in self.interface_languages if code not in self.languages))


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the settings' table: the environment variable, its default as written there, its meaning."""

    name: str
    default: str
    meaning: str


def _written(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case tuple():
            return ",".join(str(part) for part in value)
        case Mapping():
            return json.dumps(value, ensure_ascii=False)
        case _:
            return str(value)


SETTINGS: tuple[Setting, ...] = tuple(
    Setting(f"DISAN_{f.name.upper()}", _written(f.metadata["default"]), f.metadata["meaning"])
    for f in dataclasses.fields(Settings)
)


def _read_list(text: str, default: tuple[Any, ...]) -> tuple[Any, ...]:
    """Read a list whose parts are of the default's type; numbers come as many as there."""
    kind = type(default[0])
    read = tuple(kind(part.strip()) for part in text.split(",") if part.strip())
    if not read or (kind is float and len(read) != len(default)):
        raise ValueError(text)
    return read


def _read(name: str, text: str, default: Any) -> Any:
    """Read a setting's text as the type of its default."""
    try:
        match default:
            case bool():
                return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[text.lower()]
            case int():
                return int(text)
            case Path():
                return Path(text)
            case Mapping():
                return {str(key): str(value) for key, value in json.loads(text).items()}
            case tuple():
                return _read_list(text, default)
            case _:
                return text
    except (ValueError, KeyError, AttributeError) as error:
        raise InvalidInput(
            "The setting %(name)s cannot be “%(value)s”; write it like its default, “%(default)s”.",
            name=name,
            value=text,
            default=_written(default),
        ) from error


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Read the settings from environment variables.

    Takes a mapping such as `os.environ`; variables that are absent or empty leave the default. Unknown `DISAN_…`
    variables are not looked at (a wrapper may carry its own). Raises `InvalidInput` naming the variable, the value
    and the default when a text is not of the setting's type.
    """
    values: dict[str, Any] = {}
    for f in dataclasses.fields(Settings):
        text = environ.get(f"DISAN_{f.name.upper()}", "").strip()
        if text:
            values[f.name] = _read(f"DISAN_{f.name.upper()}", text, f.metadata["default"])
    return Settings(**values)
