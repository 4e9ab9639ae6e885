"""Days, instants and lights in the words of a page, in the language that is on."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from taizhang.kit.days import SHANGHAI, day_of, start_of

_WEEK_ZH: Final = "一二三四五六日"
_WEEK_EN: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTH_EN: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def english() -> bool:
    """Whether the page speaks English."""
    return (get_language() or "").startswith("en")


def day(value: date | datetime | None, *, today: date | None = None, week: bool = True) -> str:
    """A day in words (`12月21日 周二`, `Tue 21 Dec`), with its year unless that is today's; None is a dash."""
    if value is None:
        return "—"
    on = day_of(value) if isinstance(value, datetime) else value
    other_year = today is None or on.year != today.year
    if english():
        named = f"{_WEEK_EN[on.weekday()]} " if week else ""
        return f"{named}{on.day} {_MONTH_EN[on.month - 1]}" + (f" {on.year}" if other_year else "")
    named = f" 周{_WEEK_ZH[on.weekday()]}" if week else ""
    return (f"{on.year}年" if other_year else "") + f"{on.month}月{on.day}日{named}"


def stamp(value: datetime | None, *, today: date | None = None) -> str:
    """An instant as `12-14 17:20` of Shanghai, with its year unless that is today's; None is a dash."""
    if value is None:
        return "—"
    local = value.astimezone(SHANGHAI)
    other_year = today is None or local.year != today.year
    return local.strftime("%Y-%m-%d %H:%M" if other_year else "%m-%d %H:%M")


def clock_face(value: datetime) -> str:
    """The clock of the strip: `2021年12月20日 星期一 09:00`."""
    local = value.astimezone(SHANGHAI)
    if english():
        return f"{_WEEK_EN[local.weekday()]} {local.day} {_MONTH_EN[local.month - 1]} {local.year} {local:%H:%M}"
    return f"{local.year}年{local.month}月{local.day}日 星期{_WEEK_ZH[local.weekday()]} {local:%H:%M}"


def light(colour: str, *, due: datetime | None, now: datetime) -> str:
    """The word of a light with its days: `逾期 3 天`, `临期 剩 2 天`, `按期 剩 8 天`.

    `due` is the instant at which the light turns red. A day that has begun counts: late since 00:00 today is one day late.
    """
    if colour == "none":
        return _("无期限")
    if due is None:
        return {"red": _("逾期"), "yellow": _("临期"), "green": _("按期")}[colour]
    if now >= due:
        late = (day_of(now) - day_of(due)).days + (1 if due == start_of(day_of(due)) else 0)
        if late < 1:
            return _("逾期 不到 1 天")
        return ngettext("逾期 %(days)d 天", "逾期 %(days)d 天", late) % {"days": late}
    left = (day_of(due) - day_of(now)).days
    if left < 1:
        return _("%(word)s 今天") % {"word": _("临期") if colour == "yellow" else _("按期")}
    if colour == "yellow":
        return ngettext("临期 剩 %(days)d 天", "临期 剩 %(days)d 天", left) % {"days": left}
    return ngettext("按期 剩 %(days)d 天", "按期 剩 %(days)d 天", left) % {"days": left}
