"""The import desk in Chromium: a file with a bad row is mended and sent again, screened, taken back, and owed again."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from taizhang.core.models import Account
from tests.browser.people import Visitor
from tests.conftest import FixedClock
from tests.core.sending import MEDICAL, Office, set_up
from tests.district import PASSWORD, SmallDistrict
from tests.site import running

pytestmark = [pytest.mark.browser, pytest.mark.slow]
HASHERS = ["taizhang.core.passwords.OfficeArgon2"]  # as the site checks passwords


@dataclass
class Desk:
    """The served district and the people at their browsers."""

    office: Office
    medical: Visitor
    lead: Visitor

    def send(self, path: Path) -> str:
        """Upload a file as the bureau; the words of its receipt."""
        self.medical.go("/screening/feeds/medical/")
        self.medical.page.set_input_files("main input[type=file]", str(path))
        self.medical.page.click("main button:has-text('上传并核对')")
        self.done(self.medical)
        self.medical.page.click("main a:has-text('看回执')")
        self.medical.page.wait_for_url("**/batches/**")
        return self.medical.reads()

    def done(self, who: Visitor) -> str:
        """Wait until a job has ended; what it says."""
        who.page.wait_for_url("**/jobs/**")
        who.page.wait_for_selector("main :text('办完了')", timeout=60_000)
        return who.reads()

    def take_back(self) -> tuple[str, str]:
        """Take the batch back whose receipt is open: what would change, and what then happened."""
        self.medical.page.click("main a:has-text('看撤回会变什么')")
        self.medical.page.wait_for_url("**/undo/")
        told = self.medical.reads()
        self.medical.fill({"reason": "金额单位错了，整批重报"})
        self.medical.page.click("main button:has-text('写明原因并撤回')")
        return told, self.done(self.medical)

    def owed(self) -> str:
        """The line of the bureau's home page about its settlements."""
        self.medical.go("/")
        return str(self.medical.page.inner_text("tr:has-text('医保结算明细')"))


@pytest.fixture(scope="module", autouse=True)
def _beside_the_browser() -> Iterator[None]:
    """Playwright keeps an event loop in this thread, and Django would not open its database beside one."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        yield


@pytest.fixture
def desk(
    committed_district: SmallDistrict, committed: Path, chromium: Any, tmp_path: Path, settings: Any
) -> Iterator[Desk]:
    """A real site on today's date with its register imported; the bureau and the lead office are logged in."""
    settings.PASSWORD_HASHERS = HASHERS
    for username in ("medical", "lead"):
        account = Account.objects.get(username=username)
        account.set_password(PASSWORD)
        account.save()
    settings.DATA = committed
    office = set_up(committed_district, FixedClock(datetime.now(UTC)), tmp_path)
    office.residents()
    with running(committed) as address:
        people = [Visitor(chromium, address) for _ in range(2)]
        for one, username in zip(people, ("medical", "lead"), strict=True):
            one.log_in(username, PASSWORD)
        yield Desk(office, *people)
        faults = [fault for one in people for fault in one.faults]
        for one in people:
            one.close()
    assert faults == []


def test_a_file_is_mended_screened_taken_back_and_owed_again(desk: Desk) -> None:
    day = (desk.office.clock.now() - timedelta(days=40)).date().isoformat()
    assert "已报" not in desk.owed()
    rows = [desk.office.bill("陈强", 100, day), desk.office.bill("李兰", "不详", day)]
    receipt = desk.send(desk.office.file("medical", MEDICAL, rows, encoding="gb18030"))
    assert "读不出精确到分的金额" in receipt
    assert "已报" in desk.owed()

    desk.medical.page.go_back()
    with desk.medical.page.expect_download() as download:
        desk.medical.page.click("a[href$='rejects.csv']")
    lines = list(csv.reader(io.StringIO(Path(download.value.path()).read_text("utf-8-sig"))))
    mended = [["6500" if cell == "不详" else cell for cell in line] for line in lines]
    assert "读不出" not in desk.send(desk.office.file("mended", mended[0], mended[1:]))

    desk.lead.go("/screening/")
    desk.lead.page.click("main button:has-text('重新筛查')")
    assert "新预警 1 条" in desk.done(desk.lead)
    assert "李兰户" in desk.lead.reads("/screening/alerts/")
    with desk.medical.page.expect_download() as download:
        desk.medical.page.click("a[href$='answers.csv']")
    answers = Path(download.value.path()).read_text("utf-8-sig")
    assert "核实中" in answers
    assert "李兰" not in answers

    told, done = desk.take_back()
    assert "没有人核实过" in told
    assert "1 条预警不再成立，1 条未核实的线索办结" in done
    assert "数据有误" in desk.lead.reads("/screening/alerts/")
    assert "已报" in desk.owed()
    desk.medical.go("/screening/batches/")
    desk.medical.page.locator("tr:has-text('在用') a[href*='/batches/']").first.click()
    desk.medical.page.wait_for_url("**/batches/**")
    desk.take_back()
    assert "已报" not in desk.owed()

    desk.medical.go("/screening/feeds/medical/")
    desk.medical.page.locator("main button:has-text('报零')").first.click()
    desk.done(desk.medical)
    assert "已报" in desk.owed()
    assert "零报告" in desk.lead.reads("/screening/calendar/")
