"""The addresses of the pages."""

from __future__ import annotations

from django.urls import path

from taizhang.web.pages import act, bell, case, doors, home, household, ledger, search

urlpatterns = [
    path("", home.show, name="home"),
    path("login/", doors.enter, name="login"),
    path("logout/", doors.leave, name="logout"),
    path("password/", doors.password, name="password"),
    path("language/", doors.language, name="language"),
    path("ledgers/", ledger.shelf, name="ledgers"),
    path("ledgers/<slug:slug>/", ledger.listed, name="ledger"),
    path("ledgers/<slug:slug>/open/<slug:act>/", act.open_case, name="open"),
    path("cases/<uuid:case_id>/", case.show, name="case"),
    path("cases/<uuid:case_id>/reveal/<int:n>/<slug:field>/", case.reveal, name="reveal"),
    path("cases/<uuid:case_id>/<slug:act>/", act.act, name="act"),
    path("evidence/<uuid:evidence_id>/", case.evidence, name="evidence"),
    path("households/", household.listed, name="households"),
    path("residents/<uuid:resident_id>/reveal/<slug:field>/", household.reveal, name="reveal-person"),
    path("households/<uuid:household_id>/", household.show, name="household"),
    path("search/", search.find, name="search"),
    path("bell/", bell.show, name="bell"),
]
