"""The addresses of the pages."""

from __future__ import annotations

from django.urls import path

from taizhang.web.pages import (
    act,
    audit,
    bell,
    case,
    demo,
    doors,
    figures,
    help,
    home,
    household,
    ledger,
    notices,
    policies,
    search,
)

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
    path("notices/", notices.board, name="notices"),
    path("notices/<uuid:notice_id>/", notices.sheet, name="notice"),
    path("figures/", figures.listed, name="figures"),
    path("figures/<slug:figure_id>/", figures.one, name="figure"),
    path("policies/", policies.listed, name="policies"),
    path("policies/<slug:name>/", policies.one, name="policy"),
    path("audit/", audit.listed, name="audit"),
    path("audit/head/", audit.head, name="audit-head"),
    path("audit/<uuid:entry_id>/", audit.entry, name="audit-entry"),
    path("demo/clock/", demo.clock, name="demo-clock"),
    path("help/", help.index, name="help"),
    path("help/page/", help.page, name="help-page"),
    path("help/words/", help.glossary, name="glossary"),
    path("help/complaint/", help.complaint, name="complaint"),
    path("help/<slug:slug>/", help.ledger, name="help-ledger"),
]
