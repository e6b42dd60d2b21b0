"""The process that checks the signatures in a PDF: sealed off, so that nothing is fetched and nothing is changed."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import logging
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from asn1crypto import pem, x509
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import (
    CatalogModificationRule,
    DocInfoRule,
    DSSCompareRule,
    FormUpdatingRule,
    MetadataUpdateRule,
    ModificationLevel,
    ObjectStreamRule,
    SigFieldCreationRule,
    SigFieldModificationRule,
    StandardDiffPolicy,
    XrefStreamRule,
)
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.general import SigningError
from pyhanko.sign.validation import EmbeddedPdfSignature, async_validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.errors import PathError

from app.core.sealed import answer, seal

# What is raised for a signature or a file that is not as it should be.
_FAULTS = (
    PdfError,
    SignatureValidationError,
    SigningError,
    PathError,
    OSError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    NotImplementedError,
    RecursionError,
    AssertionError,
    struct.error,
)
# What may be added to a signed file: proofs, and the fields of further signatures; of pyHanko's own policy all but the
# filling in of other fields, which changes what is read.
_POLICY = StandardDiffPolicy(
    global_rules=[
        CatalogModificationRule(),
        *(
            rule.as_qualified(ModificationLevel.LTA_UPDATES)
            for rule in (DocInfoRule(), XrefStreamRule(), ObjectStreamRule(), DSSCompareRule(), MetadataUpdateRule())
        ),
    ],
    form_rule=FormUpdatingRule(field_rules=[SigFieldCreationRule(), SigFieldModificationRule()]),
)
# Whoever signs so stands for what they added; without a list nobody is known, and nobody is suspected.
_VOUCHING = ("trusted", "expired", "unchecked")
_USAGE = KeyUsageConstraints(key_usage={"non_repudiation", "digital_signature"})
_MOST = 50
_LONGEST_NAME = 200
# What certificates of Vietnamese persons and organisations write before a number in `UID`: identity papers, tax codes.
_OF_PERSONS = ("CMND", "CCCD", "HC", "CMSQ", "CMCAND")
_OF_ORGANISATIONS = ("MST", "MNS")


def main(arguments: Sequence[str]) -> None:
    """Check the PDF that the first argument names, at a `moment`, against the certificates in the files `roots`.

    The answer, `signatures`, is what `app.media.signatures` keeps of each, the first that was made first.
    """
    path, asked = Path(arguments[0]), json.loads(arguments[1])
    roots = [certificate for root in asked["roots"] for certificate in _load(Path(root))]
    logging.disable(logging.CRITICAL)
    # A loop opens a pair of sockets to itself, which it may no more once it is sealed.
    loop = asyncio.new_event_loop()
    seal(asked["bounds"], asked["parent"])
    now = dt.datetime.fromisoformat(asked["moment"])
    try:
        with path.open("rb") as file:
            found = _check(file, roots, loop, now)
    except _FAULTS:
        # The page can be drawn, but whether it is signed cannot be told.
        found = [{**_NOBODY, "verdict": "broken"}] if b"/ByteRange" in path.read_bytes() else []
    answer({"signatures": [{**one, "checked_at": now.isoformat(timespec="seconds")} for one in found]})


def _load(path: Path) -> list[x509.Certificate]:
    """Read the certificates in a file (PEM, RFC 7468)."""
    return [x509.Certificate.load(data) for _, _, data in pem.unarmor(path.read_bytes(), multiple=True)]


_NOBODY: dict[str, Any] = {
    "signer": None,
    "organisation": None,
    "is_organisation": False,
    "signed_at": None,
    "is_timestamped": False,
}


def _check(
    file: Any, roots: Sequence[x509.Certificate], loop: asyncio.AbstractEventLoop, now: dt.datetime
) -> list[dict[str, Any]]:
    reader = PdfFileReader(file, strict=False)
    if reader.encrypted:
        reader.decrypt(b"")
    signatures = list(reader.embedded_regular_signatures)[:_MOST]
    found: list[dict[str, Any]] = []
    fields = {name: reference.get_object() for name, _, reference in enumerate_sig_fields(reader)}
    # What is unsigned may draw anything.
    suspects = {name for name, field in fields.items() if "/V" not in field and _is_drawn(field)}
    is_covered, is_clean = False, True
    # The last first: further signatures that were added before one that covers the whole file are covered by that.
    for signature in reversed(signatures):
        one = {**_NOBODY, "verdict": "broken"}
        try:
            one |= _names(signature.signer_cert)
            status = _validate(signature, roots, loop, now)
            one |= _time(signature, status)
            # What a field draws lies over what was signed, unless it was there already.
            signed = reader.get_historical_resolver(signature.signed_revision)
            is_signed_on = is_covered and is_clean and suspects <= {name for name, *_ in enumerate_sig_fields(signed)}
            is_whole = _is_whole(status, is_signed_on=is_signed_on)
            is_covered = is_covered or is_whole
            one["verdict"] = _judge(signature, status, roots, loop, is_whole=is_whole)
        except _FAULTS:
            pass
        is_clean = is_clean and (one["verdict"] in _VOUCHING or not _is_drawn(signature.sig_field))
        found.append(one)
    return found[::-1]


def _is_drawn(field: Any) -> bool:
    """Tell whether a field takes room on a page; one that does not say is taken for such."""
    try:
        left, bottom, right, top = (float(side) for side in field["/Rect"])
    except _FAULTS:
        return True
    return left != right and bottom != top


def _validate(
    signature: EmbeddedPdfSignature,
    roots: Sequence[x509.Certificate],
    loop: asyncio.AbstractEventLoop,
    moment: dt.datetime,
) -> PdfSignatureStatus:
    context = ValidationContext(trust_roots=list(roots), allow_fetching=False, moment=moment)
    return loop.run_until_complete(
        async_validate_pdf_signature(signature, context, diff_policy=_POLICY, key_usage_settings=_USAGE)
    )


def _is_whole(status: PdfSignatureStatus, *, is_signed_on: bool) -> bool:
    """Tell whether what is seen is what was signed; proofs that were added later, such as time stamps, do not count."""
    if not (status.intact and status.valid) or status.docmdp_ok is False:
        return False
    if status.coverage == SignatureCoverageLevel.ENTIRE_FILE:
        return True
    level = status.modification_level
    is_proof = level in (ModificationLevel.NONE, ModificationLevel.LTA_UPDATES)
    return status.coverage == SignatureCoverageLevel.ENTIRE_REVISION and (
        is_proof or (level == ModificationLevel.FORM_FILLING and is_signed_on)
    )


def _judge(
    signature: EmbeddedPdfSignature,
    status: PdfSignatureStatus,
    roots: Sequence[x509.Certificate],
    loop: asyncio.AbstractEventLoop,
    *,
    is_whole: bool,
) -> str:
    if not (status.intact and status.valid):
        return "broken"
    if not is_whole:
        return "changed"
    if not roots:
        return "unchecked"
    if status.trusted:
        return "trusted"
    signed_at = _signed_at(signature, status)
    if signed_at and _validate(signature, roots, loop, signed_at).trusted:
        return "expired"
    return "untrusted"


def _signed_at(signature: EmbeddedPdfSignature, status: PdfSignatureStatus) -> dt.datetime | None:
    """Give when it was signed: by a trusted time stamp, else by the signer's own clock; aware."""
    stamp = status.timestamp_validity
    if stamp is not None and stamp.trusted:
        return stamp.timestamp
    said = signature.self_reported_timestamp
    return said.replace(tzinfo=dt.UTC) if said and said.tzinfo is None else said


def _time(signature: EmbeddedPdfSignature, status: PdfSignatureStatus) -> dict[str, Any]:
    signed_at, stamp = _signed_at(signature, status), status.timestamp_validity
    return {
        "signed_at": signed_at.astimezone(dt.UTC).isoformat(timespec="seconds") if signed_at else None,
        "is_timestamped": bool(stamp is not None and stamp.trusted),
    }


def _names(certificate: x509.Certificate) -> dict[str, Any]:
    """Give whom a certificate is for (X.520): the name, the organisation, and whether it says that it is one."""
    subject = certificate.subject.native
    name, organisation = (_text(subject.get(key)) for key in ("common_name", "organization_name"))
    number = (_text(subject.get("user_id")) or "").upper()
    is_person = number.startswith(_OF_PERSONS) or "surname" in subject or "given_name" in subject
    is_same = name is not None and organisation is not None and name.casefold() == organisation.casefold()
    is_organisation = not is_person and (
        number.startswith(_OF_ORGANISATIONS) or "organization_identifier" in subject or is_same
    )
    # A person who trades under their own name has no other.
    organisation = None if is_person and is_same else organisation
    return {"signer": name, "organisation": organisation, "is_organisation": is_organisation}


def _text(value: object) -> str | None:
    first = value[0] if isinstance(value, list) and value else value
    return first.strip()[:_LONGEST_NAME] if isinstance(first, str) and first.strip() else None
