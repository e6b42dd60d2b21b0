"""Signatures in PDF are verified by whom the deployment trusts, and the file stays what it is."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from app.config import Settings
from app.core.errors import Unavailable
from app.media.families import render_file, verify_file
from app.media.signatures import UNSIGNED, check_signatures, trusted_roots, verdict_of
from tests.harness import papers, pictures, signing
from tests.harness.signing import authority, chairman, committee, lapsed, signed


@pytest.fixture
def trusting(tmp_path: Path) -> Settings:
    """Settings under which the tests' own authority is trusted."""
    folder = tmp_path / "roots"
    folder.mkdir()
    (folder / "root.pem").write_bytes(authority().pem)
    (folder / "readme.txt").write_text("no certificate")
    return Settings(trust_list=str(folder))


def _file(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "file"
    path.write_bytes(data)
    return path


# Name → the file, and what its signatures are worth.
_SIGNED: dict[str, tuple[Callable[[], bytes], list[str]]] = {
    "valid": (signed, ["trusted"]),
    "of a person": (lambda: signed(holder=chairman()), ["trusted"]),
    "tampered": (lambda: signing.tampered(signed()), ["broken"]),
    "appended": (lambda: signing.appended(signed()), ["changed"]),
    "expired before it was signed": (lambda: signed(holder=lapsed()), ["untrusted"]),
    "of another root": (lambda: signed(holder=committee(authority("CA khác"))), ["untrusted"]),
    "of itself": (lambda: signed(holder=authority("UBND tỉnh Quảng Nam")), ["untrusted"]),
    "two": (lambda: signed(signed(holder=chairman()), field="Ky2"), ["trusted", "trusted"]),
    "two, the second of another root": (
        lambda: signed(signed(), committee(authority("CA khác")), "Ky2"),
        ["trusted", "untrusted"],
    ),
    "two, the second of another root, with a seal over the first": (
        lambda: signed(signed(), committee(authority("CA khác")), "Ky2", seal=(50, 50, 500, 700)),
        ["changed", "untrusted"],
    ),
    "painted over by nobody, then signed by somebody": (
        lambda: signed(signing.painted(signed()), committee(authority("CA khác")), "Ky2"),
        ["changed", "untrusted"],
    ),
    "one of two prepared fields": (lambda: signed(signing.prepared()), ["trusted"]),
    "both prepared fields": (lambda: signed(signed(signing.prepared()), chairman(), "Ky2"), ["trusted", "trusted"]),
    "two seals": (lambda: signed(signed(), chairman(), "Ky2", seal=(50, 50, 200, 120)), ["trusted", "trusted"]),
    "filled in": (lambda: signing.filled(signed(signing.form())), ["changed"]),
    "filled in, then signed by somebody": (
        lambda: signed(signing.filled(signed(signing.form())), committee(authority("CA khác")), "Ky2"),
        ["changed", "untrusted"],
    ),
    "two, then appended": (lambda: signing.appended(signed(signed(), field="Ky2")), ["changed", "changed"]),
    "appended, then signed again": (
        lambda: signed(signing.appended(signed()), chairman(), "Ky2"),
        ["changed", "trusted"],
    ),
    "none": (lambda: papers.pdf(1), []),
    "with an empty password": (lambda: papers.locked_pdf(password=""), []),
    "damaged": (lambda: signed()[:-700], ["broken"]),
}


@pytest.mark.parametrize("name", _SIGNED)
def test_signatures_are_worth_what_they_are(tmp_path: Path, trusting: Settings, name: str) -> None:
    make, verdicts = _SIGNED[name]
    data = make()
    path = _file(tmp_path, data)
    assert [one["verdict"] for one in check_signatures(path, name, settings=trusting)] == verdicts
    assert path.read_bytes() == data


def test_signer_is_named_as_the_certificate_does(tmp_path: Path, trusting: Settings) -> None:
    before = dt.datetime.now(dt.UTC).replace(microsecond=0)
    path = _file(tmp_path, signed(signed(), chairman(), "Ky2"))
    office, person = check_signatures(path, "a", settings=trusting)
    assert (office["signer"], office["is_organisation"]) == ("UBND tỉnh Quảng Nam", True)
    assert (person["signer"], person["organisation"]) == ("Nguyễn Văn A", "UBND tỉnh Quảng Nam")
    assert (person["is_organisation"], person["is_timestamped"]) == (False, False)
    assert before <= dt.datetime.fromisoformat(person["signed_at"]) <= dt.datetime.now(dt.UTC)
    assert dt.datetime.fromisoformat(person["checked_at"]) >= before


def test_certificate_that_has_expired_since_is_told_from_one_that_nobody_knows(
    tmp_path: Path, trusting: Settings
) -> None:
    path = _file(tmp_path, signed())
    later = dt.datetime.now(dt.UTC) + dt.timedelta(days=3 * 365)
    assert [one["verdict"] for one in check_signatures(path, "a", settings=trusting, moment=later)] == ["expired"]


def test_without_a_list_signatures_are_checked_for_being_intact(tmp_path: Path) -> None:
    settings = Settings()
    assert [one["verdict"] for one in check_signatures(_file(tmp_path, signed()), "a", settings=settings)] == [
        "unchecked"
    ]
    tampered = _file(tmp_path, signing.tampered(signed()))
    assert [one["verdict"] for one in check_signatures(tampered, "a", settings=settings)] == ["broken"]


def test_list_of_trusted_signers_is_a_file_or_a_folder_of_certificates(tmp_path: Path, trusting: Settings) -> None:
    (root,) = trusted_roots(trusting)
    assert trusted_roots(Settings(trust_list=str(root))) == [root]
    for wrong in (tmp_path / "nowhere", tmp_path / "empty"):
        (tmp_path / "empty").mkdir(exist_ok=True)
        with pytest.raises(Unavailable, match="DISAN_TRUST_LIST"):
            trusted_roots(Settings(trust_list=str(wrong)))


def test_nothing_is_signed_but_pdf(tmp_path: Path) -> None:
    for data in (papers.word(), pictures.photograph()):
        assert verify_file(_file(tmp_path, data), "a", settings=Settings()) is None
    assert verify_file(_file(tmp_path, papers.pdf(1)), "a", settings=Settings()) == []


def test_paper_is_worth_what_the_worst_of_its_signatures_is() -> None:
    assert verdict_of(None) is None
    assert verdict_of([]) == UNSIGNED
    assert verdict_of([{"verdict": "trusted"}, {"verdict": "changed"}]) == "changed"


def test_seal_of_a_signature_is_drawn_on_its_page(tmp_path: Path) -> None:
    drawn = []
    for data in (signed(), signed(seal=(300, 60, 560, 320))):
        (page,) = render_file(_file(tmp_path, data), "a", settings=Settings())
        widest = next(file for file in page.files if file.media_type == "image/jpeg")
        with Image.open(io.BytesIO(widest.data)) as image:
            lower_right = image.convert("L").crop((image.width // 2, image.height * 5 // 8, image.width, image.height))
            drawn.append(lower_right.getextrema()[0])
    assert drawn[0] > 240
    assert drawn[1] < 160
