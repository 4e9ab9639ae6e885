"""The root of all addresses; the pages name theirs in `taizhang.web.urls`."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [path("", include("taizhang.web.urls"))]
