"""Letters of cases: what a signature prints and keeps, who may read it, receipts of circulars, rectification after silence."""

from __future__ import annotations

import hashlib
import io
import uuid

import pypdfium2
import pytest

from taizhang.core import access, store
from taizhang.core.models import Case, Document, Evidence
from taizhang.core.moves import cases
from tests.core import duties
from tests.core.duties import Office

BODY = "你单位公务接待台账不全。\n请核对后补齐，喆堃玥璟镕祎昇䶮等同志一并说明。"


@pytest.fixture
def office(db: None) -> Office:
    return duties.build(demo=True)


def written(office: Office, kind: str = "REMINDER", unit: str = "water", **more: object) -> uuid.UUID:
    given = {"kind": kind, "title": "关于公务接待管理的监督提醒函", "body": BODY, **more}
    return cases.open_case(office.who("clerk"), "letters", "write", subject=unit, given=given, clock=office.clock).case


def signed(office: Office, **more: object) -> Case:
    case = written(office, **more)  # type: ignore[arg-type]  # kind and unit are strings
    office.act("second", case, "check")
    office.act("head", case, "sign")
    return Case.objects.get(pk=case)


def text_of(content: bytes) -> str:
    pages = pypdfium2.PdfDocument(io.BytesIO(content))
    return "".join(pages[n].get_textpage().get_text_bounded() for n in range(len(pages))).replace("\r\n", "")


def test_a_signature_keeps_the_sheet_with_its_number_and_the_entry_names_its_digest(office: Office) -> None:
    case = signed(office, copies=["discipline"])
    kept = Evidence.objects.get(entry=Document.objects.get(case=case).entry, kind="paper")
    content = store.path_of(kept.digest).read_bytes()
    assert (hashlib.sha256(content).hexdigest(), kept.size) == (kept.digest, len(content))
    assert kept.digest in Document.objects.get(case=case).entry.body
    said = text_of(content)
    for words in ("区纪委监委", "北纪醒〔2021〕1号", "区水利局：", "公务接待台账不全", "喆堃玥璟镕祎昇䶮", "请在收到本函后15日内",
                  "2021年11月1日", "抄送：区纪委监委", "演示数据"):  # fmt: skip
        assert words in said, words


def test_the_addressee_sees_a_letter_from_the_day_it_is_served_and_keeps_it(office: Office) -> None:
    def sees() -> bool:
        kept = access.evidence_for(office.who("water")).filter(kind="paper").exists()
        assert kept == access.cases_for(office.who("water")).filter(pk=case.pk).exists()
        return kept

    case = signed(office)
    assert not sees()
    office.act("clerk", case.pk, "serve")
    assert sees()
    assert not access.cases_for(office.who("town")).filter(pk=case.pk).exists()
    office.act("water", case.pk, "receive_to_reply")
    office.act("water", case.pk, "answer", reply="已补")
    assert sees()
    office.act("second", case.pk, "accept")
    assert sees()


def test_a_draft_that_was_withdrawn_was_never_seen_by_whom_it_was_about(office: Office) -> None:
    case = written(office)
    office.act("clerk", case, "withdraw", reason="另行处理")
    assert not access.cases_for(office.who("water")).filter(pk=case).exists()
