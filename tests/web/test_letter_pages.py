"""Letters on pages: the form with its preview, the sheet of a case, downloads, receipts, the register and its export."""

from __future__ import annotations

import base64
import io
import math
import re
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import openpyxl
import pypdfium2
import pytest
from PIL import Image

from taizhang.core.models import Case, District, Document
from taizhang.work import sweep
from tests.client import Client
from tests.core import duties
from tests.core.duties import Office

DECEMBER = datetime(2021, 12, 9, 2, 0, tzinfo=UTC)
SENT = {"kind": "REMINDER", "title": "关于公务接待管理的监督提醒函", "body": "你单位接待台账不全。\n请核对补齐。"}


@pytest.fixture
def office(db: None) -> Office:
    made = duties.build(demo=True)
    made.clock.instant = DECEMBER
    District.objects.update(clock_offset=math.ceil((DECEMBER - datetime.now(UTC)).total_seconds()))
    return made


def entered(office: Office, key: str) -> Client:
    client = Client()
    client.force_login(office.people[key])
    return client


def text(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def words(pdf: bytes) -> str:
    pages = pypdfium2.PdfDocument(io.BytesIO(pdf))
    return "".join(pages[n].get_textpage().get_text_bounded() for n in range(len(pages))).replace("\r\n", "")


def drafted(office: Office) -> Case:
    answer = entered(office, "clerk").post("/ledgers/letters/open/write/?subject=water", SENT)
    assert answer.status_code == 302, text(answer.content.decode())
    return Case.objects.get(ledger="letters")


def test_beside_the_form_stands_the_sheet_as_it_would_be_sent_and_nothing_is_kept(office: Office) -> None:
    client, address = entered(office, "clerk"), "/ledgers/letters/open/write/?subject=water"
    page = client.get(address).content.decode()
    assert 'hx-post="/ledgers/letters/open/write/preview/?subject=water"' in page
    assert 'formaction="/ledgers/letters/open/write/preview/?subject=water"' in page  # the same without scripts
    preview = "/ledgers/letters/open/write/preview/?subject=water"
    part = client.post(preview, SENT, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    pictures = re.findall(r'src="data:image/png;base64,([^"]+)"', part)
    assert len(pictures) == 1
    picture = Image.open(io.BytesIO(base64.b64decode(pictures[0])))
    assert picture.height / picture.width == pytest.approx(297 / 210, abs=0.01)
    whole = client.post(preview, SENT).content.decode()
    assert "<html" in whole
    assert "还没有存" in whole
    assert "先选文种" in client.post(preview, {"title": "只有标题"}).content.decode()
    assert Case.objects.filter(ledger="letters").count() == 0


def test_a_draft_is_edited_with_what_it_says_already_in_the_form(office: Office) -> None:
    case = drafted(office)
    page = entered(office, "clerk").get(f"/cases/{case.pk}/edit/").content.decode()
    assert SENT["title"] in page
    assert "请核对补齐。" in page


def test_the_page_of_a_letter_shows_its_sheet_and_gives_it_as_pdf_and_word(office: Office) -> None:
    case = drafted(office)
    clerk = entered(office, "clerk")
    page = clerk.get(f"/cases/{case.pk}/").content.decode()
    assert "草稿：签发时取号" in page
    assert "data:image/png;base64," in page
    assert "接待台账不全" in words(clerk.get(f"/cases/{case.pk}/letter.pdf").content)
    office.act("second", case.pk, "check")
    office.act("head", case.pk, "sign")
    page = clerk.get(f"/cases/{case.pk}/").content.decode()
    assert "北纪醒〔2021〕1号" in page
    kept = clerk.get(f"/cases/{case.pk}/letter.pdf")
    assert kept["Content-Type"] == "application/pdf"
    assert "北纪醒〔2021〕1号" in words(kept.content)
    assert "2021年12月9日" in words(kept.content)
    document = clerk.get(f"/cases/{case.pk}/letter.docx").content
    packed = zipfile.ZipFile(io.BytesIO(document)).read("word/document.xml").decode()
    assert "北纪醒〔2021〕1号" in packed
    assert entered(office, "town").get(f"/cases/{case.pk}/letter.pdf").status_code == 404
    assert entered(office, "water").get(f"/cases/{case.pk}/letter.pdf").status_code == 404  # not served yet
    office.act("clerk", case.pk, "serve")
    assert entered(office, "water").get(f"/cases/{case.pk}/letter.pdf").content == kept.content


def test_who_drafted_is_not_offered_the_check_nor_the_signature(office: Office) -> None:
    case = drafted(office)
    assert f"/cases/{case.pk}/check/" not in entered(office, "clerk").get(f"/cases/{case.pk}/").content.decode()
    assert f"/cases/{case.pk}/check/" in entered(office, "second").get(f"/cases/{case.pk}/").content.decode()
    assert entered(office, "clerk").get(f"/cases/{case.pk}/sign/").status_code == 404


def test_an_automatic_draft_shows_how_each_matter_stands_now(office: Office) -> None:
    sweep.sweep(clock=office.clock)
    case = Case.objects.get(ledger="letters", organisation=office.units["village"])
    office.submit("village", "D28", date(2021, 11, 1))
    page = text(entered(office, "clerk").get(f"/cases/{case.pk}/").content.decode())
    assert "村务监督委员会会议 2021-11 12月8日 按期 已报送" in page
    assert "日常监督记录 2021-11 12月8日 逾期 没有记录" in page
    assert "村务监督委员会会议（2021年11月），自2021年12月8日起逾期" in words(
        entered(office, "clerk").get(f"/cases/{case.pk}/letter.pdf").content
    )


def test_a_circular_goes_to_many_and_its_receipts_come_one_by_one(office: Office) -> None:
    clerk = entered(office, "clerk")
    sent = {
        "title": "关于节日期间纪律提醒的通知",
        "body": "请做好节日提醒。",
        "towns": ["town"],
        "villages": ["village"],
    }
    assert clerk.post("/ledgers/circulars/open/write/?subject=discipline", sent).status_code == 302
    case = Case.objects.get(ledger="circulars")
    office.act("second", case.pk, "check")
    office.act("head", case.pk, "sign")
    receipts = {row.organisation.code: row for row in Case.objects.filter(ledger="receipts") if row.organisation}
    assert set(receipts) == {"town", "village"}
    town = entered(office, "town")
    sheet = words(town.get(f"/cases/{receipts['town'].pk}/letter.pdf").content)
    assert "北纪通〔2021〕1号" in sheet
    assert "柏庄镇党委、柏庄村党支部：" in sheet
    assert town.get(f"/cases/{case.pk}/").status_code == 404
    office.act("town", receipts["town"].pk, "receive")
    book = text(clerk.get("/letters/").content.decode())
    assert re.search(r"北纪通〔2021〕1号 通知.*?已签收 1，共 2 个单位", book)
    page = text(clerk.get(f"/cases/{case.pk}/").content.decode())
    assert "还有单位没有签收" in page
    office.act("village", receipts["village"].pk, "receive")
    office.act("clerk", case.pk, "close")


def test_the_register_lists_each_kind_by_number_and_says_that_none_is_missing(office: Office) -> None:
    for n in range(3):
        case = office.write_letter("PROMPT" if n == 1 else "REMINDER", title=f"第{n}件")
        office.act("second", case, "check")
        office.act("head", case, "sign")
    last = Document.objects.get(mark="北纪醒", number=2)
    office.annul("head", last.case_id, 3, "签早了")
    office.act("head", last.case_id, "sign")
    office.write_letter("REMINDER", title="还没有签")
    page = text(entered(office, "clerk").get("/letters/").content.decode())
    numbers = re.findall(r"北纪[提醒]〔2021〕\d号", page)
    assert numbers == ["北纪提〔2021〕1号", "北纪醒〔2021〕1号", "北纪醒〔2021〕2号", "北纪醒〔2021〕3号"]
    assert re.search(r"北纪醒〔2021〕2号 监督提醒函 第2件 区水利局 .*?作废，号不再用", page)
    assert re.search(r"监督提醒函 北纪醒 3 3 连续", page)
    assert "另有 1 份还是草稿" in page
    sheet = openpyxl.load_workbook(io.BytesIO(entered(office, "clerk").get("/letters/?as=xlsx").content)).active
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert rows[1][:3] == ["发文字号", "标题", "主送"]
    assert [row[0] for row in rows[2:]] == [
        "北纪提〔2021〕1号 落实全面从严治党主体责任提示函", *(f"北纪醒〔2021〕{n}号 监督提醒函" for n in (1, 2, 3))
    ]  # fmt: skip
    assert entered(office, "clerk").get("/letters/?kind=北纪提").content.decode().count("〔2021〕") == 1


def test_the_register_is_hidden_from_who_has_no_letters_and_titles_from_who_may_not_read_them(office: Office) -> None:
    case = office.write_letter("REMINDER", title="不给人看的标题")
    office.act("second", case, "check")
    office.act("head", case, "sign")
    assert entered(office, "town").get("/letters/").status_code == 404
    assert "/letters/" not in entered(office, "town").get("/").content.decode()
    leader = Client()
    leader.force_login(office.small.accounts["leader"])
    page = leader.get("/letters/").content.decode()
    assert "北纪醒〔2021〕1号" in page
    assert "不给人看的标题" not in page


def test_a_broken_template_is_told_with_its_file_and_line_and_nothing_is_signed(office: Office, tmp_path: Path) -> None:
    case: UUID = drafted(office).pk
    with office.library(tmp_path, "letters/letter.yaml", 'title: "{title}"', 'title: "{titel}"'):
        page = text(entered(office, "clerk").get(f"/cases/{case}/").content.decode())
        assert "公文模板有错：letter.yaml:8：values 里没有“titel”" in page
        office.act("second", case, "check")
        answer = entered(office, "head").post(f"/cases/{case}/sign/", {})
        assert answer.status_code == 422
        assert "letter.yaml:8" in answer.content.decode()
    assert Document.objects.count() == 0
    office.act("head", case, "sign")
    assert Document.objects.get().number == 1
