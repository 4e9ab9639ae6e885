"""Takes out of a file what says where, when and by whom it was made, before its digest is taken.

What kind a file is, is read from its bytes and never from its name. What is not understood is refused, because it
could not be cleaned.
"""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Callable, Mapping
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError
from pypdf import PdfReader, PdfWriter
from pypdf.errors import PyPdfError
from pypdf.generic import NameObject

from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text

JPEG, PNG, WEBP, PDF = "image/jpeg", "image/png", "image/webp", "application/pdf"
DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PIXELS: Final = 60_000_000  # a picture that unpacks to more than this is an attack, not a photo
UNPACKED: Final = 100 * 1024 * 1024  # bytes that a document may unpack to
PARTS: Final = 2_000  # files inside a document
_UNDERSTOOD: Final = Text(
    "请上传 JPG、PNG、WebP 图片，或 PDF、DOCX、XLSX 文件。",
    "Use a JPG, PNG or WebP picture, or a PDF, DOCX or XLSX file.",
)
_ORIENTATION: Final = 0x0112
_CORE: Final = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org'
    b'/package/2006/metadata/core-properties"></cp:coreProperties>'
)
_APP: Final = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Properties xmlns="http://schemas.openxmlformats.org'
    b'/officeDocument/2006/extended-properties"></Properties>'
)
_CUSTOM: Final = _APP.replace(b"extended-properties", b"custom-properties")
_PROPERTIES: Final[Mapping[str, bytes]] = {
    "docProps/core.xml": _CORE, "docProps/app.xml": _APP, "docProps/custom.xml": _CUSTOM,
}  # fmt: skip
_AUTHORS: Final = (
    (re.compile(rb'((?:w|w15):(?:author|initials|userId|providerId)=")[^"]*"'), rb'\1"'),
    (re.compile(rb"(<(?:\w+:)?author>)[^<]*(</)"), rb"\1\2"),
    (re.compile(rb'((?:userName|lastUser|displayName)=")[^"]*"'), rb'\1"'),
)


def clean(data: bytes) -> tuple[str, bytes]:
    """The media type of a file by its content, and its bytes without traces.

    Raises Refusal: `media_type` for what is not on the list, `file_broken` for what cannot be read, `file_hostile` for
    what would unpack beyond all measure, runs code or is locked by a password.
    """
    kind = _kind(data)
    if kind is None:
        raise Refusal("media_type", Text("这种文件不能上传。", "Files of this kind cannot be kept."), _UNDERSTOOD)
    try:
        return kind, _CLEANERS[kind](data)
    except (
        UnidentifiedImageError,
        OSError,
        ValueError,
        PyPdfError,
        zipfile.BadZipFile,
        KeyError,
        RecursionError,
        SyntaxError,
    ):
        raise Refusal(
            "file_broken",
            Text("文件已损坏，读不出来。", "The file is damaged and cannot be read."),
            Text("请重新拍照或另存一份再上传。", "Take the picture again, or save the file anew."),
        ) from None


def _kind(data: bytes) -> str | None:
    if data.startswith(b"\xff\xd8\xff"):
        return JPEG
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return WEBP
    if data.startswith(b"%PDF-"):
        return PDF
    if data.startswith(b"PK\x03\x04"):
        return _kind_of_package(data)
    return None


def _kind_of_package(data: bytes) -> str | None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            names = set(package.namelist())
    except zipfile.BadZipFile:
        return None
    return DOCX if "word/document.xml" in names else XLSX if "xl/workbook.xml" in names else None


# --- pictures -------------------------------------------------------------------------------------------------------


def _picture(data: bytes, form: str) -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # measured below
        image: Image.Image
        with Image.open(io.BytesIO(data), formats=(form, "MPO") if form == "JPEG" else (form,)) as image:
            if image.width * image.height > PIXELS:
                raise _hostile("图片太大", "the picture is too large")
            image.load()
            turned = image.getexif().get(_ORIENTATION, 1) != 1
            if turned:  # the turn was noted beside the picture: it goes into the picture itself
                image = ImageOps.exif_transpose(image)
            kept: dict[str | tuple[int, int], object] = {
                name: image.info[name] for name in ("transparency",) if name in image.info and form == "PNG"
            }
            image.info = kept  # position, time, camera, comments, previews
            out = io.BytesIO()
            if form == "JPEG":
                keep = not turned and image.format == "JPEG"
                image.save(out, "JPEG", **({"quality": "keep"} if keep else {"quality": 92}), exif=b"")
            else:
                image.save(out, form, exif=b"", **({"quality": 92} if form == "WEBP" else {}))
            return out.getvalue()


# --- documents ------------------------------------------------------------------------------------------------------


def _pdf(data: bytes) -> bytes:
    reader = PdfReader(io.BytesIO(data))
    if reader.is_encrypted:
        raise _hostile("文件有密码保护", "the file is locked by a password")
    writer = PdfWriter(clone_from=reader)
    writer.metadata = None
    root = writer.root_object
    for name in ("/Metadata", "/OpenAction", "/AA", "/PieceInfo"):
        root.pop(NameObject(name), None)
    names = root.get("/Names")
    if names is not None:
        for name in ("/JavaScript", "/EmbeddedFiles"):
            names.get_object().pop(NameObject(name), None)
    for page in writer.pages:
        for name in ("/Metadata", "/AA", "/PieceInfo", "/LastModified"):
            page.pop(NameObject(name), None)
    stripped = _written(writer)
    again = PdfWriter(clone_from=PdfReader(io.BytesIO(stripped)))  # takes along only what the pages still name
    again.metadata = None
    return _written(again)


def _written(writer: PdfWriter) -> bytes:
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _package(data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as package, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as clean_one:
        parts = package.infolist()
        if len(parts) > PARTS or sum(part.file_size for part in parts) > UNPACKED:
            raise _hostile("展开后过大", "it unpacks to too much")
        for part in parts:
            if part.filename.lower().endswith(("vbaproject.bin", ".exe", ".js")):
                raise _hostile("文件带有宏或程序", "it carries macros or programs")
            content = _PROPERTIES.get(part.filename) or _part(part.filename, package.read(part))
            clean_one.writestr(zipfile.ZipInfo(part.filename), content, zipfile.ZIP_DEFLATED)  # dated 1980
    return out.getvalue()


def _part(name: str, content: bytes) -> bytes:
    if name.endswith(".xml"):
        for pattern, blank in _AUTHORS:
            content = pattern.sub(blank, content)
    elif "/media/" in name and (kind := _kind(content)) in (JPEG, PNG, WEBP):
        content = _CLEANERS[kind](content)
    return content


def _hostile(zh: str, en: str) -> Refusal:
    return Refusal("file_hostile", Text(f"文件不能上传：{zh}。", f"The file cannot be kept: {en}."), _UNDERSTOOD)


_CLEANERS: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    JPEG: lambda data: _picture(data, "JPEG"),
    PNG: lambda data: _picture(data, "PNG"),
    WEBP: lambda data: _picture(data, "WEBP"),
    PDF: _pdf,
    DOCX: _package,
    XLSX: _package,
}
