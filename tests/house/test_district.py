"""The district that other tests stand on is what it says, on either database and with either kind of commit."""

from __future__ import annotations

from django.db import connection

from tests.conftest import NOW
from tests.district import POSTS, SmallDistrict


def test_each_person_holds_the_one_post(district: SmallDistrict) -> None:
    held = {key: [post.token for post in district.actor(key, NOW).posts] for key in district.accounts}
    assert held == {key: [token] for key, token, _path, _organisation in POSTS}


def test_committed_rows_are_there_for_another_connection(committed_district: SmallDistrict) -> None:
    connection.close()
    assert committed_district.areas["410503100201"].name == "柏庄村"
    assert len(committed_district.actor("medical", NOW).organisations) == 1
