"""Days, instants and lights in the words of a page, in the language that is on."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from django.utils.translation import get_language, gettext_noop, ngettext
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


# Words that come from ledgers and registers as they are written there, in Chinese; here so that they are in the catalogue.
_UNITS: Final = (
    gettext_noop("人"),
    gettext_noop("户"),
    gettext_noop("个"),
    gettext_noop("件"),
    gettext_noop("次"),
    gettext_noop("人次"),
    gettext_noop("元"),
    gettext_noop("元/年"),
    gettext_noop("元/月"),
    gettext_noop("条"),
    gettext_noop("月"),
    gettext_noop("天"),
    gettext_noop("日"),
    gettext_noop("亩"),
    gettext_noop("笔"),
    gettext_noop("轮"),
    gettext_noop("项"),
)
_WRITTEN: Final = (
    gettext_noop("脱贫户"),
    gettext_noop("一般农户"),
    gettext_noop("非农户"),
    gettext_noop("监测户"),
    gettext_noop("本人或户主"),
    gettext_noop("户主"),
    gettext_noop("配偶"),
    gettext_noop("之子"),
    gettext_noop("之女"),
    gettext_noop("之父"),
    gettext_noop("之母"),
    gettext_noop("之儿媳"),
    gettext_noop("之女婿"),
    gettext_noop("之孙子"),
    gettext_noop("之孙女"),
    gettext_noop("之岳父"),
    gettext_noop("之岳母"),
    gettext_noop("之公公"),
    gettext_noop("之婆婆"),
    gettext_noop("之兄弟姐妹"),
    gettext_noop("其他"),
    gettext_noop("普通劳动力"),
    gettext_noop("技能劳动力"),
    gettext_noop("弱劳动力或半劳动力"),
    gettext_noop("弱劳动力"),
    gettext_noop("无劳动力"),
    gettext_noop("丧失劳动力"),
    gettext_noop("学龄前儿童"),
    gettext_noop("小学"),
    gettext_noop("初中"),
    gettext_noop("高中"),
    gettext_noop("大学"),
    gettext_noop("一年级"),
    gettext_noop("二年级"),
    gettext_noop("三年级"),
    gettext_noop("四年级"),
    gettext_noop("五年级"),
    gettext_noop("六年级"),
    gettext_noop("七年级"),
    gettext_noop("八年级"),
    gettext_noop("九年级"),
)


def unit(written: str | None) -> str:
    """A unit of a ledger in the language of the page; one that has no English stays as it is written."""
    return _(written) if written else ""


def register(written: str) -> str:
    """A word that a register holds as its department writes it, in the language of the page where it is known."""
    return _(written) if written else "—"
