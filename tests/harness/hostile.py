"""Files that are made to do harm: bombs, polyglots, truncated, mislabelled and boasting ones, each made by code.

Those that `pictures.HOSTILE` and `recordings.HOSTILE` make belong to them.
"""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable

from PIL import Image, PngImagePlugin

from tests.harness import recordings
from tests.harness.pictures import HOSTILE as PICTURES
from tests.harness.pictures import encoded, exif, frames, huge_exif, picture, png_bomb

# Makes a file.
Maker = Callable[[], bytes]
SCRIPT = b"<script>alert(document.domain)</script>"


def png_chunk(name: bytes, data: bytes) -> bytes:
    """Give a chunk of a PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_with(*chunks: bytes) -> bytes:
    """Give a sound PNG with further chunks behind its header."""
    data = encoded(picture(64, 64), "PNG")
    # Signature, then the header's chunk: 8 and 25 bytes.
    return data[:33] + b"".join(chunks) + data[33:]


def packed(size: int) -> bytes:
    """Give so many zeros, packed into a thousandth."""
    packer = zlib.compressobj(9)
    block = bytes(1 << 20)
    return b"".join(packer.compress(block) for _ in range(size >> 20)) + packer.flush()


def jpeg_of(width: int, height: int) -> bytes:
    """Give a JPEG whose header says that it is so large."""
    data = bytearray(encoded(picture(64, 64)))
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def jpeg_of_many_scans(count: int = 3000) -> bytes:
    """Give a progressive JPEG that has its last scan over and over, each of which costs a pass over the whole."""
    data = encoded(picture(2500, 2500), progressive=True)
    last = data.rindex(b"\xff\xda")
    # Scans of some bytes that refine nothing.
    return data[:-2] + data[last : last + 40] * count + b"\xff\xd9"


def jpeg_with(marker: int, body: bytes, times: int = 1) -> bytes:
    """Give a JPEG with a segment of our own behind its start."""
    data = encoded(picture(64, 64))
    return data[:2] + (bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body) * times + data[2:]


def tiff(entries: list[tuple[int, int, int, int]], behind: bytes = b"", following: int = 0) -> bytes:
    """Give a little-endian TIFF of one directory: entries of tag, type, count and value."""
    body = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\x00" + struct.pack("<I", 8) + body + struct.pack("<I", following) + behind


def tiff_of(width: int, height: int) -> bytes:
    """Give a TIFF that says it is so large, and holds next to nothing."""
    entries = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1)]
    return tiff([*entries, (273, 4, 1, 200), (277, 3, 1, 1), (278, 4, 1, height), (279, 4, 1, 64)], bytes(300))


def tiff_that_turns_round() -> bytes:
    """Give a TIFF whose first directory is followed by itself."""
    return tiff_of(8, 8)[:8] + tiff([(256, 4, 1, 8), (257, 4, 1, 8)], following=8)[8:]


def exif_that_turns_round() -> bytes:
    """Give a JPEG whose EXIF leads from a directory to itself."""
    tags = struct.pack("<H", 2) + struct.pack("<HHII", 0x8769, 4, 1, 8) + struct.pack("<HHII", 0x8825, 4, 1, 8)
    return jpeg_with(0xE1, b"Exif\x00\x00II*\x00" + struct.pack("<I", 8) + tags + bytes(4))


def exif_of_nowhere() -> bytes:
    """Give a photograph taken at no place: degrees of which the denominator is nought."""
    said = exif(lon=108.3, lat=15.8).tobytes()
    return encoded(picture(64, 64), exif=said.replace(struct.pack("<I", 1), struct.pack("<I", 0)))


def webp_of(width: int, height: int) -> bytes:
    """Give a WebP (lossless) whose header says that it is so large."""
    bits = (width - 1) | ((height - 1) << 14)
    body = b"VP8L" + struct.pack("<I", 10) + b"\x2f" + struct.pack("<I", bits) + bytes(5)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def heic_of(width: int, height: int) -> bytes:
    """Give a HEIC whose properties say that it is so large."""
    data = bytearray(encoded(picture(64, 64), "HEIF"))
    at = data.index(b"ispe")
    data[at + 8 : at + 16] = struct.pack(">II", width, height)
    return bytes(data)


def avif_of(width: int, height: int) -> bytes:
    """Give an AVIF whose properties say that it is so large."""
    data = bytearray(encoded(picture(64, 64), "AVIF"))
    at = data.index(b"ispe")
    data[at + 8 : at + 16] = struct.pack(">II", width, height)
    return bytes(data)


def archive(*members: tuple[str, bytes]) -> bytes:
    """Give a ZIP archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in members:
            made.writestr(name, data)
    return out.getvalue()


TYPES = (
    b'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    b'<Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" '
    b'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)
DOCUMENT = (
    b'<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
    b"<w:body><w:p><w:r><w:t>Chua Cau</w:t></w:r></w:p></w:body></w:document>"
)


def docx(*members: tuple[str, bytes], document: bytes = DOCUMENT) -> bytes:
    """Give a Word document with further members."""
    return archive(("[Content_Types].xml", TYPES), ("word/document.xml", document), *members)


def entity_bomb() -> bytes:
    """Give XML that grows to three thousand million characters when its entities are followed."""
    lines = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return f'<!DOCTYPE w [<!ENTITY l0 "haha">{lines}]><w>&l9;</w>'.encode()


def pdf(*objects: bytes, trailer: bytes = b"") -> bytes:
    """Give a PDF of these objects, numbered from one, the first of them its catalogue."""
    out = bytearray(b"%PDF-1.7\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    return bytes(
        out + b"trailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, trailer, start)
    )


def stream(body: bytes, told: bytes = b"") -> bytes:
    """Give a stream of a PDF."""
    return b"<</Length %d%s>>stream\n%s\nendstream" % (len(body), told, body)


def page(told: bytes = b"", box: bytes = b"0 0 595 842") -> bytes:
    """Give a page of a PDF whose pages are its second object."""
    return b"<</Type/Page/Parent 2 0 R/MediaBox[%s]%s>>" % (box, told)


def one_page(*further: bytes, catalogue: bytes = b"", told: bytes = b"", box: bytes = b"0 0 595 842") -> bytes:
    """Give a PDF of one page; further objects are numbered from four."""
    return pdf(
        b"<</Type/Catalog/Pages 2 0 R%s>>" % catalogue,
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        page(told, box),
        *further,
    )


def many_pages(count: int) -> bytes:
    """Give a PDF of so many pages, all of which are one."""
    return pdf(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[%s]/Count %d>>" % (b"3 0 R " * count, count),
        page(),
    )


def many_objects(count: int = 300_000) -> bytes:
    """Give a PDF of one page and very many objects."""
    return one_page(*([b"<<>>"] * count))


def font_of_nothing() -> bytes:
    """Give a PDF that is set in an embedded font whose tables boast of four thousand million bytes."""
    table = b"glyf" + struct.pack(">III", 0, 12, 0xFFFFFFF0)
    program = b"\x00\x01\x00\x00" + struct.pack(">HHHH", 1, 16, 0, 0) + table + bytes(2000)
    return one_page(
        b"<</Type/Font/Subtype/TrueType/BaseFont/Bad/FontDescriptor 5 0 R>>",
        b"<</Type/FontDescriptor/FontName/Bad/Flags 4/FontFile2 6 0 R>>",
        stream(program),
        stream(b"BT /F1 24 Tf 72 700 Td (Chua Cau) Tj ET"),
        told=b"/Resources<</Font<</F1 4 0 R>>>>/Contents 7 0 R",
    )


def bomb_in_a_page() -> bytes:
    """Give a PDF whose page is drawn by four thousand million bytes, packed twice."""
    body = zlib.compress(packed(1 << 28), 9)
    return one_page(stream(body, b"/Filter[/FlateDecode/FlateDecode]"), told=b"/Contents 4 0 R")


def picture_in_a_page() -> bytes:
    """Give a PDF with a picture of ten thousand million pixels."""
    told = b"/Type/XObject/Subtype/Image/Width 100000/Height 100000/ColorSpace/DeviceGray/BitsPerComponent 8"
    return one_page(
        stream(b"/I Do"),
        stream(packed(1 << 22), told + b"/Filter/FlateDecode"),
        told=b"/Contents 4 0 R/Resources<</XObject<</I 5 0 R>>>>",
    )


def deep_form() -> bytes:
    """Give a PDF whose page is drawn by itself, without end."""
    told = b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</F 5 0 R>>>>"
    return one_page(stream(b"/F Do"), stream(b"/F Do", told), told=b"/Contents 4 0 R/Resources<</XObject<</F 5 0 R>>>>")


def noise(size: int) -> bytes:
    """Give bytes that mean nothing."""
    return random.Random(7).randbytes(size)  # noqa: S311 - the same every time


def text_bomb() -> bytes:
    """Give a PNG whose comment is a thousand times as long as the file."""
    info = PngImagePlugin.PngInfo()
    out = io.BytesIO()
    info.add_text("Comment", "a" * 100_000_000, zip=True)
    Image.new("RGB", (8, 8)).save(out, "PNG", pnginfo=info)
    return out.getvalue()


_JAVASCRIPT = b"/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>"
_LAUNCH = b"/OpenAction<</S/Launch/F(/bin/sh)>>"

# Name → a file.
FILES: dict[str, Maker] = {
    **{name: make for name, (make, _) in (PICTURES | recordings.HOSTILE).items()},
    # Bombs by pixels, frames and packed bytes.
    "text-bomb.png": text_bomb,
    "profile-bomb.png": lambda: png_with(png_chunk(b"iCCP", b"p\x00\x00" + packed(1 << 28))),
    "more-than-it-says.png": lambda: png_bomb(64, 64),
    "moving-2000.png": lambda: frames(2000, "PNG"),
    "jpeg-bomb.jpg": lambda: jpeg_of(65_500, 65_500),
    "many-scans.jpg": jpeg_of_many_scans,
    "tiff-bomb.tif": lambda: tiff_of(65_000, 65_000),
    "webp-bomb.webp": lambda: webp_of(16_383, 16_383),
    "heic-bomb.heic": lambda: heic_of(60_000, 60_000),
    "avif-bomb.avif": lambda: avif_of(60_000, 60_000),
    # Structures that turn round or boast.
    "turns-round.tif": tiff_that_turns_round,
    "boasts.tif": lambda: tiff([(256, 4, 0xFFFFFFFF, 8), (257, 4, 1, 8)], bytes(64)),
    "bigtiff.tif": lambda: b"II+\x00\x08\x00\x00\x00" + struct.pack("<QQ", 16, 1 << 62) + bytes(64),
    "exif-turns-round.jpg": exif_that_turns_round,
    "exif-of-nowhere.jpg": exif_of_nowhere,
    "exif-boasts.jpg": huge_exif,
    "xmp-of-5-MB.jpg": lambda: jpeg_with(0xE1, b"http://ns.adobe.com/xap/1.0/\x00" + b"x" * 60_000, 80),
    "bad-sums.png": lambda: encoded(picture(64, 64), "PNG").replace(b"IDAT", b"IDAT\x00", 1),
    # Two things at once.
    "archive-behind.jpg": lambda: encoded(picture(64, 64)) + archive(("a.html", SCRIPT)),
    "page-in-comment.jpg": lambda: jpeg_with(0xFE, b"<!doctype html>" + SCRIPT),
    "script-in-text.png": lambda: png_with(png_chunk(b"tEXt", b"Comment\x00" + SCRIPT)),
    "gif-and-archive.gif": lambda: frames(2, "GIF") + archive(("a.class", b"\xca\xfe\xba\xbe")),
    "page-before.pdf": lambda: b"<!doctype html>" + SCRIPT + b"\n" + one_page(),
    "paper-in-comment.jpg": lambda: jpeg_with(0xFE, one_page(catalogue=_JAVASCRIPT)),
    # What is called a picture and is none.
    "script.svg": lambda: b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)">' + SCRIPT + b"</svg>",
    "entities.svg": lambda: b'<!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg>&x;</svg>',
    "program.jpg": lambda: b"\x7fELF" + noise(2000),
    "shell.png": lambda: b"#!/bin/sh\nrm -rf /\n",
    "noise.heic": lambda: noise(5000),
    "bitmap.bmp": lambda: encoded(picture(64, 64), "BMP"),
    "film.jpg": lambda: struct.pack(">I", 24) + b"ftypisom" + bytes(4) + b"isomavc1" + noise(500),
    # Papers.
    "runs.pdf": lambda: one_page(catalogue=_JAVASCRIPT),
    "launches.pdf": lambda: one_page(catalogue=_LAUNCH),
    "carries.pdf": lambda: one_page(
        stream(SCRIPT, b"/Type/EmbeddedFile"),
        catalogue=b"/Names<</EmbeddedFiles<</Names[(a.html)<</Type/Filespec/F(a.html)/EF<</F 4 0 R>>>>]>>>>",
    ),
    "objects.pdf": many_objects,
    "pages.pdf": lambda: many_pages(20_000),
    "sheet-of-a-country.pdf": lambda: one_page(box=b"0 0 1000000000 1000000000"),
    "packed-twice.pdf": bomb_in_a_page,
    "picture-bomb.pdf": picture_in_a_page,
    "draws-itself.pdf": deep_form,
    "font.pdf": font_of_nothing,
    "cut.pdf": lambda: one_page(stream(b"0 0 m"), told=b"/Contents 4 0 R")[:200],
    "turns-round.pdf": lambda: pdf(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[2 0 R]/Count 9>>"),
    "no-pages.pdf": lambda: pdf(b"<</Type/Catalog>>"),
    "only-a-head.pdf": lambda: b"%PDF-1.7\n",
    # Word documents.
    "bomb.docx": lambda: docx(("word/media/a.bin", bytes(300_000_000))),
    "entities.docx": lambda: docx(document=entity_bomb()),
    "macros.docx": lambda: docx(("word/vbaProject.bin", noise(500))),
    "climbs.docx": lambda: docx(("../../etc/cron.d/a", b"* * * * * root true")),
    "members.docx": lambda: docx(*((f"word/{number}.xml", b"") for number in range(20_000))),
    "cut.docx": lambda: docx()[:-60],
    "archive.docx": lambda: archive(("a.html", SCRIPT)),
    # Sound and film.
    "cover-bomb.mp3": recordings.cover_bomb,
    "boasts.mp4": recordings.boasting_film,
    "subtitles.mp4": lambda: recordings.film_with_subtitles(SCRIPT.decode()),
    "archive-behind.mp3": lambda: recordings.sound() + archive(("a.html", SCRIPT)),
}

# Those of them that are a picture or a paper after all: nothing else in them is ever shown. The rest is refused.
HARMLESS = {
    "cover-bomb.mp3",
    "boasts.mp4",
    "subtitles.mp4",
    "archive-behind.mp3",
    "more-than-it-says.png",
    "many-scans.jpg",
    "exif-turns-round.jpg",
    "exif-of-nowhere.jpg",
    "exif-boasts.jpg",
    "xmp-of-5-MB.jpg",
    "archive-behind.jpg",
    "page-in-comment.jpg",
    "script-in-text.png",
    "paper-in-comment.jpg",
    "runs.pdf",
    "launches.pdf",
    "carries.pdf",
    "objects.pdf",
    "sheet-of-a-country.pdf",
    "packed-twice.pdf",
    "picture-bomb.pdf",
    "draws-itself.pdf",
    "font.pdf",
}

# What a file may be called; none of it may lead anywhere, nor be shown as anything but text.
NAMES = (
    "../../../etc/passwd.jpg",
    "..\\..\\windows\\a.jpg",
    "a\r\nSet-Cookie: x=1.jpg",
    "<img src=x onerror=alert(1)>.jpg",
    "a" * 300 + ".jpg",
    "\u202egpj.exe",
    ".htaccess",
    "CON.jpg",
)
