"""What each page is for and how it is used, in a few sentences; and the words of the product."""

from __future__ import annotations

from typing import NamedTuple

from django.utils.translation import gettext as _


class Topic(NamedTuple):
    """One page: what it is, how it is used, what may be done there and by whom."""

    name: str  # of the address
    address: str
    title: str
    what: str
    how: tuple[str, ...]


class Word(NamedTuple):
    """One word with its one meaning."""

    zh: str
    en: str
    meaning: str


def topic(name: str) -> Topic:
    """The page of that name; pages without their own words are explained with the page they belong to."""
    found = {one.name: one for one in topics()}
    return found.get(name) or found.get(_BELONGS.get(name, name.partition("-")[0]), found["home"])


_BELONGS = {
    "act": "case", "open": "ledgers", "ledger": "ledgers", "evidence": "case", "reveal": "case", "batch": "screening",
    "alert": "screening", "alerts": "screening", "feed": "screening", "links": "links", "jobs": "screening",
    "notice": "notices", "account": "accounts", "figure": "figures", "policy": "policies", "household": "households",
}  # fmt: skip


def topics() -> tuple[Topic, ...]:
    """Every page with its words, in the order of the bar."""
    return (
        Topic("home", "/", _("我的事项"), _("轮到您办的，按期限先后；逾期的在最前。"), (
            _("每行右边的按钮就是下一步要办的事；点标题看整件事项。"),
            _("“我在等别人的”列的是您上报或办过、现在轮到别人的事项，不计在您的期限里。"),
            _("灯按收到的记录和时钟算出，不用谁去改；点开事项能看到算法。"))),
        Topic("case", "/ledgers/", _("一件事项"), _("一件事从头到尾：走到哪一步、轮到谁、到哪一天、为什么是这个颜色、谁在何时做过什么。"), (
            _("“下一步”列出您现在能办的；还不能办的写明差什么。"),
            _("“经过”只增不改；写错了由有权的岗位更正，原记录仍在。"),
            _("带锁的内容先写明用途才能看，看一次记一次，一分钟后遮住。"))),
        Topic("ledgers", "/ledgers/", _("台账"), _("您能看的每一本台账。点进去可以筛选、排序、按环节看、导出。"), (
            _("导出的表只含清单上看得到的列；封存的内容不导出。"),
            _("“按环节看”把事项按走到哪一步分栏。"))),
        Topic("households", "/households/", _("农户"), _("一户的全部情况在一页上，入户前可以打印。"), (
            _("姓名至少输两个字；证件号和户编号要写全。"),
            _("证件号、电话、健康状况遮住大部分，写明用途才显示。"))),
        Topic("screening", "/screening/", _("筛查"), _("部门数据到了没有、筛出了谁、为什么、规则管不管用。"), (
            _("每条预警写出整句理由和所依据的行；级别只是入户先后，不是期限灯，也不是结论。"),
            _("数据没到或者政策数没有公布的规则写明“没有评估”，不当作零。"),
            _("收到 = 采用 + 退回；退回的行可以下载，改好再交。"),
            _("重新筛查可以离开页面，办完在“任务”里看。同样的数据再筛一次，结果一行不差。"))),
        Topic("links", "/screening/links/", _("关联核对台"), _("数据里的人和名册里的人像是同一个，由人来判定。"), (
            _("左边是部门数据里的一行，右边是名册里的候选人，都遮住一部分；不同的地方标出来。"),
            _("判定会记住，以后同样的行照此办理；判错了再判一次就改过来，两次都留记录。"),
            _("键盘：S 同一人，D 不是同一人，J、K 下一对、上一对。"))),
        Topic("figures", "/figures/", _("指标"), _("每个数字都由记录数出来，点开就是那些记录。"), (
            _("印出来的数和数出来的数并排；不相等会写明。"),
            _("您看不到的记录只计数，不列名。"))),
        Topic("policies", "/policies/", _("政策数"), _("因地、因年而不同的数：收入线、时限、门槛。每个数都有来源和起止日。"), (
            _("某年没有公布的数不补；需要它的事项会说明原因，等牵头办补录后继续。"),
            _("补录是一条记录：谁、何时、依据什么文件。"))),
        Topic("notices", "/notices/", _("公示栏"), _("正在公示的名单，到期自动取下。"), (
            _("只列清单允许公开的项目；网上只写姓，不写全名。"),
            _("打印的公示单贴在村里，写全名，内容相同。"))),
        Topic("accounts", "/accounts/", _("账号和岗位"), _("谁有账号、在什么岗位、从哪天到哪天；能办什么只看岗位。"), (
            _("首次密码只显示一次，打印成密码条当面交给本人，第一次登录就要换。"),
            _("不能给自己办：重置密码、停用、任免都由另一位安全管理员办。"))),
        Topic("system", "/system/", _("系统"), _("装了哪些台账、哪一版，机构和区划，体检、任务和意见。看不到任何事项。"), (
            _("台账只显示、只比较，不在网页上改。"),
            _("“体检”逐项检查安装是否安全、备份是否及时。"))),
        Topic("audit", "/audit/", _("查留痕"), _("谁在何时对什么做了什么。封存的内容只显示引用。"), (
            _("链头抄存一份放在别处，日后能证明中间没有被改、末尾没有被截。"),
            _("核对一份备份：taizhang verify 备份 --head 链头。"))),
    )  # fmt: skip


def able(name: str) -> tuple[tuple[str, str], ...]:
    """What may be done on a page beside the acts of a ledger: in words, and the capability it takes."""
    return {
        "households": ((_("查看户与人员名册"), "households.read"),),
        "screening": (
            (_("导入本部门数据"), "feeds.import"), (_("撤回导入批次"), "feeds.withdraw"), (_("查看筛查结果"), "screening.read"),
            (_("重新筛查"), "screening.run"), (_("批量办结线索"), "clues.close"),
        ),
        "links": ((_("判定是不是同一人"), "links.decide"),),
        "figures": ((_("查看统计数"), "figures.read"),),
        "policies": ((_("补录政策数"), "policies.enter"),),
        "accounts": ((_("维护账号"), "accounts.manage"), (_("维护岗位"), "posts.manage"), (_("重置密码"), "passwords.reset")),
        "system": ((_("系统维护"), "system.manage"), (_("维护机构与区划"), "organisations.manage"), (_("维护工作日历"), "calendar.manage")),
        "audit": ((_("查看留痕"), "audit.read"),),
        "ledgers": ((_("导出列表"), "lists.export"),),
    }.get(name, ())  # fmt: skip


def glossary() -> tuple[Word, ...]:
    """The words of the product."""
    return (
        Word("台账", "ledger", _("一种事怎么办的规定：有哪些环节、谁办什么、多长时间。")),
        Word("事项", "case", _("一个对象走一本台账的全过程。")),
        Word("办理", "act", _("对事项做的一件事，例如入户核实、审核、公示。")),
        Word("记录", "entry", _("一次办理留下的一条，只增不改，连成一条链。")),
        Word("环节", "stage", _("事项走到哪一步。")),
        Word("时限", "clock", _("一段期限、一个到期日或一种周期；每个时限都有承担的岗位。")),
        Word("灯", "light", _("按期、临期、逾期，由记录和时钟算出，从不人工填写。")),
        Word("指标", "indicator", _("规定好怎么数的一个数字，点开就是记录。")),
        Word("部门数据", "feed", _("一个部门按月交来的一张表。")),
        Word("批次", "batch", _("一次导入。收到 = 采用 + 退回。")),
        Word("规则", "rule", _("部门数据上的一个条件，命中就成预警。")),
        Word("预警", "alert", _("一条规则命中一户。是请人去看的理由，不是结论。")),
        Word("筛查", "run", _("用全部数据和规则算一次。")),
        Word("待核对", "pair", _("一行数据和名册里的一个人像是同一个，等人判定。")),
        Word("岗位", "post", _("某级某地的一个角色，从某天到某天由某人担任。")),
        Word("公示", "notice", _("按规定挂出的名单，满期自动取下。")),
        Word("材料", "evidence", _("照片、文件、签名，随记录一起保存。")),
        Word("发生、收到", "happened, received", _("事情什么时候办的（填的），系统什么时候收到的（记的）。灯按收到算。")),
        Word("封存", "sealed", _("单独加密保管的内容；链上只有引用，删除某人的钥匙，链仍然完整。")),
        Word("链头", "head", _("最后一条记录的序号和摘要，抄存它就能验证整条链。")),
    )  # fmt: skip
