"""Evidence: what is kept, what is taken out of it, and what is refused."""

from __future__ import annotations

import io
import os
import stat
import zipfile
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from PIL import Image, PngImagePlugin
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject

from taizhang.core import access, cleaning, seals, store
from taizhang.core.clock import Standing
from taizhang.core.models import Area, Evidence
from taizhang.core.moves import evidence
from taizhang.kit import canonical
from taizhang.kit.refusal import Refusal
from tests.conftest import NOW

pytestmark = pytest.mark.django_db
CLOCK = Standing(NOW)
TRACE = "ZhangTrace13800"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Any) -> Path:
    """An empty store of this test alone."""
    settings.EVIDENCE = tmp_path / "evidence"
    return tmp_path / "evidence"


def picture(form: str, **save: Any) -> bytes:
    out = io.BytesIO()
    image = Image.new("RGB", (40, 30), "white")
    image.paste("red", (0, 0, 20, 30))
    image.save(out, form, **save)
    return out.getvalue()


def exif(orientation: int = 1) -> Image.Exif:
    """What a telephone writes: camera, owner, time and position."""
    found = Image.Exif()
    found[0x0112] = orientation
    found[0x010F] = TRACE
    found[0x013B] = TRACE
    found.get_ifd(0x8825).update({1: "N", 2: (36.0, 7.0, 12.0), 3: "E", 4: (114.0, 21.0, 30.0), 29: TRACE})
    return found


def keep(data: bytes, kind: str = "file", **more: Any) -> Evidence:
    return evidence.keep(access.SYSTEM, data, kind=kind, clock=CLOCK, **more)


def bytes_of(row: Evidence) -> bytes:
    return evidence.path_of(row).read_bytes()


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_photo_loses_position_time_camera_and_author_and_keeps_its_picture(form: str) -> None:
    data = picture(form, exif=exif(), comment=TRACE.encode())
    assert TRACE.encode() in data
    row = keep(data, "photo")
    kept = bytes_of(row)
    assert TRACE.encode() not in kept
    assert b"Exif" not in kept
    with Image.open(io.BytesIO(kept)) as image:
        assert (image.format, image.size, dict(image.getexif())) == (form, (40, 30), {})
        assert image.convert("RGB").getpixel((5, 15)) == pytest.approx((255, 0, 0), abs=30)
    assert (row.media_type, row.size, row.entry_id) == (f"image/{form.lower()}", len(kept), None)


def test_a_photo_taken_upright_stays_upright() -> None:
    with Image.open(io.BytesIO(bytes_of(keep(picture("JPEG", exif=exif(6)), "photo")))) as image:
        assert image.size == (30, 40)


def test_text_inside_a_png_is_taken_out() -> None:
    text = PngImagePlugin.PngInfo()
    text.add_text("Author", TRACE)
    text.add_itxt("XML:com.adobe.xmp", TRACE)
    assert TRACE.encode() not in bytes_of(keep(picture("PNG", pnginfo=text), "photo"))


def test_a_pdf_loses_its_author_and_scripts() -> None:
    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    writer.add_metadata({"/Author": TRACE, "/Title": TRACE})
    script = {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject(f"app.alert('{TRACE}')")}
    writer.root_object[NameObject("/OpenAction")] = DictionaryObject(script)
    writer.add_attachment("a.txt", TRACE.encode())
    out = io.BytesIO()
    writer.write(out)
    row = keep(out.getvalue())
    kept = PdfReader(io.BytesIO(bytes_of(row)))
    assert (row.media_type, len(kept.pages), kept.metadata) == ("application/pdf", 1, None)
    assert TRACE.encode() not in bytes_of(row)


def test_a_workbook_loses_its_author_and_keeps_its_cells() -> None:
    book = Workbook()
    book.active["A1"] = "收入"
    book.properties.creator = book.properties.lastModifiedBy = TRACE
    out = io.BytesIO()
    book.save(out)
    kept = bytes_of(keep(out.getvalue()))
    assert load_workbook(io.BytesIO(kept)).active["A1"].value == "收入"
    with zipfile.ZipFile(io.BytesIO(kept)) as package:
        assert not any(TRACE.encode() in package.read(name) for name in package.namelist())
        assert {part.date_time[0] for part in package.infolist()} == {1980}


def _document(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in {"word/document.xml": b"<w:document/>", **parts}.items():
            package.writestr(name, content)
    return out.getvalue()


def test_a_document_loses_who_wrote_and_commented_and_the_position_of_its_pictures() -> None:
    comments = f'<w:comment w:author="{TRACE}" w:initials="{TRACE}">好</w:comment>'.encode()
    data = _document(**{
        "docProps/core.xml": TRACE.encode(), "docProps/app.xml": TRACE.encode(), "word/comments.xml": comments,
        "word/media/image1.jpg": picture("JPEG", exif=exif()),
    })  # fmt: skip
    row = keep(data)
    with zipfile.ZipFile(io.BytesIO(bytes_of(row))) as package:
        assert not any(TRACE.encode() in package.read(name) for name in package.namelist())
        assert "好".encode() in package.read("word/comments.xml")
    assert row.media_type == cleaning.DOCX


HOSTILE = {
    "text": (b"hello", "media_type"),
    "program": (b"MZ\x90\x00" + b"\0" * 100, "media_type"),
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", "media_type"),
    "archive": (_document()[:4] + b"\0" * 40, "media_type"),
    "cut picture": (picture("JPEG")[:200], "file_broken"),
    "cut pdf": (b"%PDF-1.7\n1 0 obj", "file_broken"),
    "macro": (_document(**{"word/vbaProject.bin": b"x"}), "file_hostile"),
    "bomb": (_document(**{f"word/{at}.xml": b"\0" * 30_000_000 for at in range(4)}), "file_hostile"),
    "nothing": (b"", "empty_file"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_cannot_be_cleaned_is_refused_in_words_and_nothing_is_kept(name: str, folder: Path) -> None:
    data, code = HOSTILE[name]
    with pytest.raises(Refusal) as refused:
        keep(data)
    assert refused.value.code == code
    assert Evidence.objects.count() == 0
    assert not folder.exists()


def test_a_picture_that_unpacks_beyond_measure_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cleaning, "PIXELS", 1000)
    with pytest.raises(Refusal, match="图片太大"):
        keep(picture("PNG"))


def test_a_file_beyond_the_limit_is_refused_while_it_is_read() -> None:
    class Endless(io.RawIOBase):
        asked = 0

        def read(self, size: int = -1) -> bytes:
            Endless.asked += size
            return b"\xff" * size

    with pytest.raises(Refusal, match="文件超过 10 MB"):
        evidence.keep(access.SYSTEM, Endless(), kind="file", clock=CLOCK)  # type: ignore[arg-type]
    assert Endless.asked <= evidence.LIMIT + (1 << 20)
    with pytest.raises(Refusal, match=r"文件超过 0\.5 MB"):
        keep(b"\xff\xd8\xff" + b"x" * 600_000, limit=512 * 1024)


def test_a_photo_must_be_a_picture() -> None:
    with pytest.raises(Refusal) as refused:
        keep(_document(), "photo")
    assert refused.value.code == "not_a_picture"


def test_bytes_lie_under_their_digest_for_the_owner_of_the_process_alone(folder: Path) -> None:
    row = keep(picture("PNG"), "photo")
    path = folder / row.digest[:2] / row.digest
    assert canonical.digest(path.read_bytes()) == row.digest
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert keep(picture("PNG"), "photo").digest == row.digest
    assert [file for file in folder.rglob("*") if file.is_file()] == [path]


def test_the_file_and_its_folder_are_synced_before_the_row_exists(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, int]] = []
    real = os.fsync

    def fsync(handle: int) -> None:
        seen.append((Path(f"/proc/self/fd/{handle}").readlink().name.split(".")[0], Evidence.objects.count()))
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    row = keep(picture("PNG"), "photo")
    assert [name for name, _ in seen][-2:] == [row.digest, row.digest[:2]]
    assert {count for _, count in seen} == {0}


def test_a_full_disk_is_said_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setattr(store, "SPARE", 1 << 60)
    with pytest.raises(Refusal) as refused:
        keep(picture("PNG"))
    assert refused.value.code == "disk_full"
    assert [file for file in folder.rglob("*") if file.is_file()] == []
    assert Evidence.objects.count() == 0


def test_the_name_of_a_file_is_sealed_under_its_owner() -> None:
    owner = seals.Owner("area", Area.objects.create(level="district", path="990503", name="北关区").pk)
    row = keep(picture("PNG"), name=f"C:\\{TRACE}.png", owner=owner)
    assert row.name is not None
    assert TRACE.encode() not in bytes(row.name)
    assert evidence.name_of(Evidence.objects.get()) == f"C:\\{TRACE}.png"
    assert evidence.name_of(keep(picture("JPEG"), name=TRACE)) == ""


def test_missing_bytes_are_said() -> None:
    row = keep(picture("PNG"))
    evidence.path_of(row).unlink()
    with pytest.raises(Refusal) as refused:
        evidence.path_of(row)
    assert refused.value.code == "evidence_missing"
