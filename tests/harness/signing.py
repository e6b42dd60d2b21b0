"""Signed papers that the tests make: certificates of their own, and signatures by pyHanko."""

from __future__ import annotations

import datetime as dt
import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache

from asn1crypto import keys
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pyhanko import stamp
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.writer import PageObject
from pyhanko.sign import PdfSignatureMetadata, signers
from pyhanko.sign.fields import SigFieldSpec, append_signature_field, enumerate_sig_fields
from pyhanko_certvalidator.registry import SimpleCertificateStore
from reportlab.pdfgen.canvas import Canvas

from tests.harness.papers import pdf

_NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)
_YEAR = dt.timedelta(days=365)


@dataclass(frozen=True)
class Holder:
    """Somebody with a key and a certificate, which `issuer` has signed."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> bytes:
        """The certificate as a file."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)


def _named(**parts: str) -> x509.Name:
    oids = {
        "cn": NameOID.COMMON_NAME,
        "o": NameOID.ORGANIZATION_NAME,
        "uid": NameOID.USER_ID,
    }
    return x509.Name([x509.NameAttribute(oids[key], value) for key, value in parts.items()])


def _issue(name: x509.Name, issuer: Holder | None, starts: dt.datetime, ends: dt.datetime) -> Holder:
    key = ec.generate_private_key(ec.SECP256R1())
    is_root = issuer is None
    usage = dict.fromkeys(
        ("key_encipherment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only"),
        False,
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer.certificate.subject if issuer else name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(starts)
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=not is_root,
                content_commitment=not is_root,
                key_cert_sign=is_root,
                crl_sign=is_root,
                **usage,
            ),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key((issuer.key if issuer else key).public_key()),
            critical=False,
        )
        .sign(issuer.key if issuer else key, hashes.SHA256())
    )
    return Holder(made, key)


@cache
def authority(name: str = "CA của các bài kiểm thử") -> Holder:
    """Give an authority, the same for the same name."""
    return _issue(_named(cn=name), None, _NOW - 20 * _YEAR, _NOW + 10 * _YEAR)


def committee(issuer: Holder | None = None) -> Holder:
    """Give an organisation with a certificate that is good now."""
    name = _named(cn="UBND tỉnh Quảng Nam", o="UBND tỉnh Quảng Nam", uid="MST:4000000000")
    return _issue(name, issuer or authority(), _NOW - _YEAR, _NOW + _YEAR)


def chairman(issuer: Holder | None = None) -> Holder:
    """Give a person of an organisation."""
    name = _named(cn="Nguyễn Văn A", o="UBND tỉnh Quảng Nam", uid="CCCD:049000000000")
    return _issue(name, issuer or authority(), _NOW - _YEAR, _NOW + _YEAR)


def lapsed(issuer: Holder | None = None) -> Holder:
    """Give an organisation whose certificate has been good for nothing since yesterday."""
    name = _named(cn="Sở Văn hóa", o="Sở Văn hóa")
    return _issue(name, issuer or authority(), _NOW - _YEAR, _NOW - dt.timedelta(days=1))


def signed(
    data: bytes | None = None,
    holder: Holder | None = None,
    field: str = "Ky1",
    *,
    seal: tuple[int, int, int, int] | None = None,
) -> bytes:
    """Give a PDF that somebody has signed; `seal` is where on the page that is to be seen, in points."""
    holder = holder or committee()
    private = holder.key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    signer = signers.SimpleSigner(
        signing_cert=asn1.Certificate.load(holder.certificate.public_bytes(serialization.Encoding.DER)),
        signing_key=keys.PrivateKeyInfo.load(private),
        cert_registry=SimpleCertificateStore(),
    )
    writer = IncrementalPdfFileWriter(io.BytesIO(data or pdf(1)))
    style = stamp.TextStampStyle(stamp_text="%(signer)s", background=stamp.STAMP_ART_CONTENT, background_opacity=1)
    made = signers.PdfSigner(
        PdfSignatureMetadata(field_name=field),
        signer=signer,
        stamp_style=style if seal else None,
        new_field_spec=SigFieldSpec(field, box=seal) if seal else None,
    )
    # In a thread, for it runs a loop of its own, and a test before may have left the browser's in this one.
    with ThreadPoolExecutor(1) as pool:
        return bytes(pool.submit(made.sign_pdf, writer).result().getvalue())


def appended(data: bytes) -> bytes:
    """Give a signed PDF to which somebody has added a page afterwards, as an incremental update."""
    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    content = writer.add_object(generic.StreamObject(stream_data=b"0 0 1 rg 0 0 300 300 re f"))
    page = PageObject(contents=content, media_box=(0, 0, 595, 842))
    writer.insert_page(page)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def painted(data: bytes) -> bytes:
    """Give a signed PDF with a further, empty field of a signature that draws a red box over what was signed."""
    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    append_signature_field(writer, SigFieldSpec("Do", box=(50, 50, 500, 700)))
    field = next(ref for name, _, ref in enumerate_sig_fields(writer) if name == "Do").get_object()
    box = generic.StreamObject(stream_data=b"1 0 0 rg 0 0 450 650 re f")
    box["/Type"], box["/Subtype"] = generic.NameObject("/XObject"), generic.NameObject("/Form")
    box["/BBox"] = generic.ArrayObject(map(generic.NumberObject, (0, 0, 450, 650)))
    field["/AP"] = generic.DictionaryObject({generic.NameObject("/N"): writer.add_object(box)})
    writer.update_container(field)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def prepared() -> bytes:
    """Give a PDF with two empty fields for signatures, as an office prepares it."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf(1)))
    for name, left in (("Ky1", 50), ("Ky2", 300)):
        append_signature_field(writer, SigFieldSpec(name, box=(left, 50, left + 150, 120)))
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def form() -> bytes:
    """Give a PDF with a field that is filled in: the rank of a relic."""

    def draw(canvas: Canvas, _page: int) -> None:
        canvas.acroForm.textfield(name="Hang", x=100, y=500, width=200, value="cap tinh")

    return pdf(1, draw=draw)


def filled(data: bytes, value: str = "QUOC GIA DAC BIET") -> bytes:
    """Give a PDF whose field says something else now, as an incremental update."""
    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    field = writer.root["/AcroForm"]["/Fields"][0]
    field["/V"] = generic.TextStringObject(value)
    writer.update_container(field)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def tampered(data: bytes) -> bytes:
    """Give a signed PDF in which somebody has changed what a page says, in place."""
    changed = data.replace(b"/Producer", b"/Producex", 1)
    assert changed != data
    return changed


def emptied(data: bytes) -> bytes:
    """Give a PDF whose first page somebody has emptied afterwards, as an incremental update."""
    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    page = writer.find_page_for_modification(0)[0].get_object()
    page["/Contents"] = writer.add_object(generic.StreamObject(stream_data=b"0 0 1 rg 0 0 300 300 re f"))
    writer.update_container(page)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()
