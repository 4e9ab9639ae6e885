"""One small district for the tests: two towns, three villages, a person in each post, and no household yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from taizhang.core import access, chain
from taizhang.core.clock import Standing
from taizhang.core.models import Account, Appointment, Area, AreaVersion, Organisation, OrganisationVersion, Post

SINCE = date(2016, 1, 1)
PASSWORD = "morgen-scheint-die-sonne"

# Names of places are those of the district; everybody in them is invented.
AREAS = (
    ("410503", "district", "北关区"),
    ("410503100", "town", "柏庄镇"),
    ("410503100201", "village", "柏庄村"),
    ("410503100202", "village", "东柏庄村"),
    ("410503008", "town", "彰东街道"),
    ("410503008201", "village", "韩陵村"),
)
ORGANISATIONS = (
    ("lead", "lead", "区乡村振兴局"),
    ("medical", "department", "区医疗保障局"),
    ("civil", "department", "区民政局"),
)
# key, role@level, area, organisation
POSTS = (
    ("cadre", "cadre@village", "410503100201", None),
    ("second_cadre", "cadre@village", "410503100201", None),
    ("neighbour", "cadre@village", "410503100202", None),
    ("stranger", "cadre@village", "410503008201", None),
    ("reviewer", "reviewer@town", "410503100", None),
    ("other_reviewer", "reviewer@town", "410503008", None),
    ("lead", "lead@district", "410503", "lead"),
    ("medical", "department@district", "410503", "medical"),
    ("civil", "department@district", "410503", "civil"),
    ("leader", "leader@district", "410503", None),
    ("auditor", "auditor@district", "410503", None),
    ("system_admin", "system_admin@district", "410503", None),
    ("security_admin", "security_admin@district", "410503", None),
)


@dataclass
class SmallDistrict:
    """The rows by the keys above; `actor(key)` is that person with the posts of the day."""

    areas: dict[str, Area] = field(default_factory=dict)
    organisations: dict[str, Organisation] = field(default_factory=dict)
    posts: dict[str, Post] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)

    def actor(self, key: str, now: datetime) -> access.Actor:
        """The person in a post, as the doors of the product want them."""
        return access.actor(self.accounts[key], now)


def build(now: datetime, *, demo: bool = False) -> SmallDistrict:
    """Found the district in the present database at an instant; for demos stamped as one."""
    chain.found("410503", "北关区", clock=Standing(now), demo=demo)
    made = SmallDistrict()
    for path, level, name in AREAS:
        parent = next((made.areas[code] for code in reversed(made.areas) if path.startswith(code)), None)
        made.areas[path] = Area.objects.create(level=level, parent=parent, path=path, name=name)
    AreaVersion.objects.bulk_create(
        AreaVersion(area=made.areas[path], path=path, name=name, valid_from=SINCE) for path, _, name in AREAS
    )
    for code, kind, name in ORGANISATIONS:
        made.organisations[code] = Organisation(code=code, area=made.areas["410503"], kind=kind, name=name)
    Organisation.objects.bulk_create(made.organisations.values())
    OrganisationVersion.objects.bulk_create(
        OrganisationVersion(organisation=made.organisations[code], name=name, valid_from=SINCE)
        for code, _, name in ORGANISATIONS
    )
    _appoint(made)
    return made


def _appoint(made: SmallDistrict) -> None:
    posts: dict[tuple[str, str, str | None], Post] = {}
    for key, token, path, organisation in POSTS:
        role, level = token.split("@")
        area, unit = made.areas[path], made.organisations[organisation] if organisation else None
        made.posts[key] = posts.setdefault(
            (token, path, organisation),
            Post(role=role, level=level, area=area, organisation=unit, title=f"{area.name} {role}"),
        )
        made.accounts[key] = account = Account(username=key, name=f"测试{key}", must_change_password=False)
        account.set_password(PASSWORD)
    Post.objects.bulk_create(posts.values())
    Account.objects.bulk_create(made.accounts.values())
    Appointment.objects.bulk_create(
        Appointment(post=made.posts[key], account=account, valid_from=SINCE) for key, account in made.accounts.items()
    )
