"""Pages through HTTP: what a post sees, what it may do, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from taizhang.core.models import Account, Case, Household, Post
from tests.client import Client
from tests.district import PASSWORD

Enter = Callable[[str], Client]
pytestmark = pytest.mark.django_db


def test_the_cadre_finds_the_visit_among_what_is_owed(enter: Enter, clue: UUID) -> None:
    page = enter("cadre").get("/").content.decode()
    assert "申稻香户：入户核实" in page
    assert f'href="/cases/{clue}/visit/"' in page


def test_a_stranger_from_another_town_gets_the_same_answer_as_for_a_case_that_is_not_there(
    enter: Enter, clue: UUID
) -> None:
    client = enter("stranger")
    hidden = client.get(f"/cases/{clue}/")
    absent = client.get(f"/cases/{clue.hex[:8]}-0000-7000-8000-000000000000/")
    assert (hidden.status_code, absent.status_code) == (404, 404)
    assert b"JC-2021" not in hidden.content


def test_the_case_says_whose_light_it_is_and_why(enter: Enter, clue: UUID) -> None:
    page = enter("cadre").get(f"/cases/{clue}/").content.decode()
    assert "为什么是" in page
    assert Post.objects.get(role="cadre", area__path="410503100201").title in page
    assert "上报排查线索" in page


def test_a_form_shows_every_unmet_need_at_once_and_keeps_what_was_typed(enter: Enter, clue: UUID) -> None:
    client = enter("cadre")
    answer = client.post(f"/cases/{clue}/close_clue/", {"reason": "已核实"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'id="at-outcome"' in page
    assert "已核实</textarea>" in page
    assert Case.objects.get(pk=clue).stage == "clue"


def test_an_act_is_done_and_the_page_says_so(enter: Enter, clue: UUID) -> None:
    client = enter("cadre")
    form = client.get(f"/cases/{clue}/close_clue/").content.decode()
    outcome = form.split('name="outcome"')[1].split('value="')[1].split('"')[0]
    answer = client.post(f"/cases/{clue}/close_clue/", {"outcome": outcome, "reason": "已核实"}, follow=True)
    assert "已办：办结线索" in answer.content.decode()
    assert Case.objects.get(pk=clue).stage == "no_risk"


def test_a_case_is_opened_for_a_household_that_was_found_by_name(enter: Enter, household: Household) -> None:
    client = enter("cadre")
    found = client.get("/ledgers/household-monitoring/open/report/", {"q": "申稻香"}).content.decode()
    assert f"?subject={household.pk}" in found
    client.post(f"/ledgers/household-monitoring/open/report/?subject={household.pk}", {"hint": "务工收入下降"})
    assert Case.objects.get().household_id == household.pk


def test_a_refused_form_keeps_its_papers(enter: Enter, clue: UUID) -> None:
    client = enter("cadre")
    picture = SimpleUploadedFile("a.png", _png(), "image/png")
    page = client.post(f"/cases/{clue}/visit/", {"paper-photo": picture, "food": "true"}).content.decode()
    assert "a.png" in page
    assert 'name="kept"' in page


def test_a_sealed_number_is_masked_until_its_use_is_stated(enter: Enter, household: Household) -> None:
    client = enter("cadre")
    page = client.get(f"/households/{household.pk}/").content.decode()
    assert "15405030126" not in page
    url = page.split('href="/residents/')[1].split('"')[0]
    asked = client.post(f"/residents/{url}", {"reason": ""})
    assert asked.status_code == 422
    shown = client.post(f"/residents/{url}", {"reason": "上门前打电话"})
    assert "本次查看已留记录" in shown.content.decode()


def test_a_child_is_not_named(enter: Enter, household: Household) -> None:
    page = enter("cadre").get(f"/households/{household.pk}/").content.decode()
    assert "郭小禾" not in page
    assert "未满 14 岁，不列姓名" in page


def test_a_list_is_filtered_sorted_shown_as_a_board_and_exported(enter: Enter, clue: UUID) -> None:
    client = enter("reviewer")
    number = Case.objects.get().number
    assert number in client.get("/ledgers/household-monitoring/?sort=number&down=1").content.decode()
    assert number not in client.get("/ledgers/household-monitoring/?light=red").content.decode()
    assert "线索待核实" in client.get("/ledgers/household-monitoring/?as=board").content.decode()
    table = client.get("/ledgers/household-monitoring/?as=csv").content.decode("utf-8-sig")
    assert number in table
    assert table.startswith("演示数据")


def test_a_part_of_a_list_is_answered_without_the_frame(enter: Enter, clue: UUID) -> None:
    part = enter("reviewer").get("/ledgers/household-monitoring/", headers={"HX-Request": "true"})
    assert "<html" not in part.content.decode()
    assert "HX-Request" in part.headers["Vary"]


def test_search_finds_the_household_by_two_characters_of_a_name(enter: Enter, household: Household) -> None:
    assert f"/households/{household.pk}/" in enter("cadre").get("/search/", {"q": "稻香"}).content.decode()


def test_the_bell_rings_until_it_was_looked_at(enter: Enter, clue: UUID) -> None:
    client = enter("cadre")
    assert "申稻香户" in client.get("/bell/").content.decode()
    client.post("/bell/")
    assert "没有新的" in client.get("/bell/").content.decode()


def test_a_page_asked_for_without_a_log_in_leads_to_the_log_in(people: object) -> None:
    answer = Client().get("/households/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/login/?next=/households/")


def test_a_part_asked_for_after_the_log_in_has_ended_opens_the_log_in_page_as_a_whole(people: object) -> None:
    answer = Client().get("/households/", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, "/login/?next=/households/")


def test_a_wrong_password_and_a_wrong_name_get_the_same_words(people: object) -> None:
    pages = [Client().post("/login/", {"username": name, "password": "falsch"}) for name in ("cadre", "nobody")]
    assert [page.content.decode().count("账号和密码对不上") for page in pages] == [1, 1]
    assert [page.status_code for page in pages] == [401, 401]


def test_after_five_wrong_passwords_the_right_one_is_refused_too(people: object) -> None:
    client = Client()
    for _ in range(5):
        client.post("/login/", {"username": "cadre", "password": "falsch"})
    answer = client.post("/login/", {"username": "cadre", "password": PASSWORD})
    assert answer.status_code == 429
    assert "_auth_user_id" not in client.session


def test_nobody_works_under_a_first_password(enter: Enter) -> None:
    Account.objects.filter(username="cadre").update(must_change_password=True)
    client = enter("cadre")
    assert client.get("/").headers["Location"] == "/password/"
    new = "ein-neuer-tag-beginnt"
    client.post("/password/", {"old": PASSWORD, "new": new, "again": new})
    assert client.get("/").status_code == 200


def test_pages_behind_the_log_in_are_not_kept_and_run_nothing_of_others(enter: Enter) -> None:
    headers = enter("cadre").get("/").headers
    policy = headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy


def test_the_language_is_chinese_whatever_the_browser_asks_for_until_the_reader_chooses(enter: Enter) -> None:
    client = enter("cadre")
    assert 'lang="zh-CN"' in client.get("/", headers={"Accept-Language": "en"}).content.decode()
    client.post("/language/", {"language": "en", "next": "/"})
    page = client.get("/").content.decode()
    assert '<html lang="en">' in page
    assert "My matters" in page


@pytest.mark.parametrize(
    "key", ["cadre", "reviewer", "lead", "medical", "leader", "auditor", "system_admin", "security_admin"]
)
def test_every_post_can_open_the_pages_of_its_bar(enter: Enter, clue: UUID, key: str) -> None:
    client = enter(key)
    for url in ("/", "/ledgers/", "/households/", "/search/?q=申稻", "/bell/", "/password/"):
        assert client.get(url).status_code == 200, url


def _png() -> bytes:
    import io

    from PIL import Image

    kept = io.BytesIO()
    Image.new("RGB", (4, 4), "white").save(kept, "PNG")
    return kept.getvalue()


def test_what_is_not_there_gets_a_page_in_words(enter: Enter) -> None:
    answer = enter("cadre").get("/nowhere/")
    assert answer.status_code == 404
    assert "没有这一页，或者不在您能看的范围内。" in answer.content.decode()


def test_a_form_without_its_token_gets_a_page_in_words(people: object) -> None:
    answer = Client(enforce_csrf_checks=True).post("/login/", {"username": "cadre", "password": PASSWORD})
    assert answer.status_code == 403
    assert "请回到上一页、刷新后再提交" in answer.content.decode()
