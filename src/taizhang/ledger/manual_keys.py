"""What each key of the language means, with an example; a test holds this table to the schema, key by key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple


class Told(NamedTuple):
    """What a key means, and how it is written."""

    zh: str
    en: str
    example: str


_LABELS: Final[Mapping[str, Told]] = {
    "zh": Told("中文标签", "Chinese label", "zh: 水井整改"),
    "en": Told("英文标签", "English label", "en: Wells to be mended"),
}
# By part of the schema; a test holds this table to the schema, key by key.
KEYS: Final[Mapping[str, Mapping[str, Told]]] = {
    "Declaration": {
        "ledger": Told(
            "台账名，与文件名相同；发布后不再改",
            "The ledger's id, as its file is called; never changed once shipped",
            "ledger: well_water",
        ),
        "version": Told(
            "版本号；已开启的事项按原版本办完", "Version; cases that are open end under theirs", "version: 1"
        ),
        **_LABELS,
        "subject": Told("事项说的是哪一类对象", "The register that a case is about", "subject: household"),
        "see": Told(
            "谁能看；不写则本地区各岗位都能看",
            "Who may read; left out: every post whose area covers the case",
            'see: [cadre@village, "@mender"]',
        ),
        "fields": Told(
            "事项的各项事实，后填的为准，历次都保留",
            "Facts of a case: the last value wins, all of them are kept",
            "fields: {users: {zh: 用水人数, en: Users, type: int}}",
        ),
        "stages": Told("环节", "Where a case can stand", "stages: {found: {zh: 已发现, en: Found}}"),
        "acts": Told(
            "办理：任何人对事项做的事都是一条只增不改的记录",
            "All that anyone does: append-only entries",
            "acts: {report: {zh: 上报, en: Report, opens: true, to: found, by: cadre@village}}",
        ),
        "clocks": Told(
            "时限：灯由记录和时间算出，从不保存",
            "Limits, due dates and cadences; lights are computed, never stored",
            "clocks: {mend: {zh: 整改, en: Mend, limit: 15 days, owes: reviewer@town}}",
        ),
        "rules": Told(
            "灯色转变时系统做什么，恰好一次",
            "What the system does, exactly once, when a light turns",
            "rules: [{at: mend, turns: red, do: [{act: lapse}]}]",
        ),
        "documents": Told(
            "事项编号的格式，和各种文书的编号系列",
            "The number series of the cases, and of numbered papers",
            "documents: {case: SJ-YYYY-NNNN}",
        ),
        "roster": Told(
            "名册制任务：谁、哪一项、哪一期，算出来就有，办了才有记录",
            "Duties by arithmetic: who, which item, which period; a record is there only once something was done",
            "roster: {items: duty_items, item: item, period: each.period, answers: submit}",
        ),
        "indicators": Told(
            "指标：从记录数出来的数",
            "Figures counted from entries",
            "indicators: {reports: {zh: 上报数, en: Reports, on: report}}",
        ),
        "public": Told(
            "不登录的人能办什么、看什么",
            "What people without a log-in may do and read",
            "public: {form: report, track: [level, reason]}",
        ),
        "upgrade": Told(
            "每一版一步：上一版的环节、办理、字段现在叫什么（null 为不再要），在办事项转过来还是按旧版办结",
            "One step a version: what stages, acts and fields are called now (null: let go), and whether open cases come along",
            "upgrade: [{since: 2, stages: {old: found}, acts: {look: visit}, fields: {note: null}, open_cases: move}]",
        ),
        "hooks": Told(
            "登记的计算函数及其理由（最后手段）", "Registered functions for calc, with the reason; the last resort", ""
        ),
        "stories": Told(
            "实例：照着办一遍，必须和写的一样；follows: 1 接着第一个实例往下讲；没有实例的台账不能载入",
            "Worked examples, lived through by the check; `follows: 1` goes on from the first; a ledger without them does not load",
            "stories: [{tells: {zh: 上报, en: It is reported}, do: [{on: 2021-03-01 09:00, act: report, as: cadre@village}]}]",
        ),
    },
    "Field": {
        **_LABELS,
        "type": Told("类型，见下表", "Its type, see the table below", "type: money"),
        "of": Told(
            "choice 的可选值、pick 的目录、table 的列、机构的种类、人员的岗位（如 helper@district）",
            "Choices, catalogue, columns, kind of organisation, or the role of a person (`helper@district`)",
            "of: {mild: {zh: 一般, en: Mild}}",
        ),
        "unit": Told("单位", "Unit", "unit: 元/年"),
        "min": Told("最小值；金额写元，日期可写 today", "Least value; yuan for money, `today` for dates", "min: 0"),
        "max": Told("最大值", "Greatest value", "max: today"),
        "default": Told(
            "没填时的值；以 = 开头的是条件式", "Value when nothing is given; CEL if it begins with =", "default: 1"
        ),
        "calc": Told(
            "由其他字段算出，不能填", "Derived from other fields, never typed in", "calc: case.cost / case.users"
        ),
        "when": Told("条件成立才要填", "Asked only if this holds", "when: case.level == 'grave'"),
        "find": Told("可检索；密封字段不行", "Can be searched for; not for sealed fields", "find: true"),
        "sensitive": Told(
            "mask 部分显示，restrict 只给能看的人，seal 要经一次办理才能打开",
            "mask: shown in part; restrict: to those who see; seal: opened by an act",
            "sensitive: restrict",
        ),
        "during": Told(
            "只在这些环节能看到内容，其他环节谁也看不到（经办人也一样）；用于文字和敏感字段",
            "Read in these stages alone and by nobody in others, whoever acts included; for free text and sensitive fields",
            "during: [talking, dealt]",
        ),
        "hint": Told("填写提示", "A hint beside the field", "hint: {zh: 近12个月, en: Last 12 months}"),
        "optional": Told(
            "entry 字段或表格的列可以不填", "For entry fields and columns: may be left empty", "optional: true"
        ),
        "many": Told("可选多个值", "A list of values", "many: true"),
    },
    "Stage": {
        **_LABELS,
        "end": Told("结束环节", "An end: the case is closed", "end: true"),
        "rests": Told("可以没有时限地停留", "A case may lawfully rest here without a clock", "rests: true"),
        "inner": Told("当事方还看不到（草稿）", "Not yet seen by whom the case is about", "inner: true"),
    },
    "Act": {
        **_LABELS,
        "opens": Told("开启事项", "Opens a case", "opens: true"),
        "alone": Told(
            "用于 opens：同一对象在本台账还有未办结的事项时，不能再开",
            "With opens: not while the subject has an open case of this ledger",
            "alone: true",
        ),
        "aside": Told(
            "旁支：退回、不予、撤回等，不作为“下一步”提示",
            "Beside the usual way (send back, refuse, withdraw): never proposed as what comes next",
            "aside: true",
        ),
        "via": Told(
            "渠道，默认 web。户变动时由系统办的：split（分户、并户后查看另一户，用于 opens）、headless（没有户主时请确定，用于 opens）、"
            "emptied（没有在世成员时，并户或死亡之后）",
            "Channels; web by default. Done by the system when the register of households changes: split (opens: the other "
            "household is looked at after a split or merge), headless (opens: a head is asked for), emptied (nobody is left, "
            "after a merge or a death)",
            "via: [web, phone]",
        ),
        "from": Told(
            "从哪些环节可以办；不写则所有未结束的环节",
            "From which stages; left out: every open one",
            "from: [found, mending]",
        ),
        "to": Told("办后到哪个环节；不写则不变", "To which stage; left out: it stays", "to: mending"),
        "by": Told(
            '谁来办：角色@层级（辖区含这件事的任何一个）、"@字段"（写明的那个人或单位）、"@subject"、"@opener"、screen、system、anyone',
            'Who: role@level (any whose area covers it), "@field" (the one it names), "@subject", "@opener", screen, system, anyone',
            'by: [reviewer@town, "@mender"]',
        ),
        "asks": Told("必填字段，按此顺序", "Fields asked for, in this order", "asks: [mender, mend_by]"),
        "may": Told("可填字段", "Fields that may be given", "may: [story]"),
        "entry": Told(
            "只属于这一条记录的事实", "Facts of this entry alone", "entry: {depth: {zh: 水深, en: Depth, type: number}}"
        ),
        "evidence": Told(
            "佐证，每种至少几份，都要够；0 表示可附。两种有一种就行的，写成两项办理",
            "Pieces of evidence, of every kind at least so many; 0 is an offer. Either of two kinds is two acts",
            "evidence: {photo: 2, file: 0}",
        ),
        "cites": Told(
            "可以引用哪些台账里办过的哪些事，勾选即可，不用再传材料",
            "Which records of other ledgers may be ticked as what shows it, so that nothing is sent twice",
            "cites: {meetings: minute, tasks: confirm}",
        ),
        "needs": Told(
            "条件和给人看的话；没满足的一次全部说出",
            "Conditions with their sentence; all unmet ones are told at once",
            'needs: {"case.cost <= yuan(20000)": {zh: 费用超过两万元, en: Costs too much}}',
        ),
        "do": Told(
            "随之发生的事：set、draw、spawn、act、print、register",
            "What follows: set, draw, spawn, act, print, register",
            "do: [{set: {level: \"'mild'\"}}]",
        ),
        "after": Told(
            "某项办理之后满多久，或其公示期满",
            "So long after an act, or once its notice is over",
            "after: {post: notice}",
        ),
        "within": Told("某项办理之后多久以内", "No later than so long after an act", "within: {order: 60 days}"),
        "notice": Told("公示", "Put on the notice board", "notice: {days: 5, show: [subject, level]}"),
        "each": Told("名单上每一方各办一次", "Once by each on a list", "each: case.signers"),
        "only_changes": Told(
            "已有的答复连同日期带出来，只记改了的；一项没改，一步就办完",
            "What is known is shown with its day and only what differs is recorded; nothing changed is one step",
            "only_changes: true",
        ),
        "help": Told("办理说明", "Help beside the form", "help: {zh: 两人同去, en: Two go together}"),
    },
    "Notice": {
        "days": Told("满几天；也可用政策数", "Whole days that must pass; or a policy number", "days: 5"),
        "workdays": Told("满几个工作日", "Working days that must pass", "workdays: 5"),
        "show": Told(
            "能公开的字段；文字和敏感字段不行",
            "What may be read; never text or sensitive fields",
            "show: [subject, level]",
        ),
        "pauses": Told("处于这些环节时公示停计", "Stages in which the notice stands still", "pauses: disputed"),
    },
    "Clock": {
        **_LABELS,
        "limit": Told(
            "时限：次日起算，最后一日 24:00 止；小时精确",
            "A limit: from the next day to 24:00 of its last day; hours are exact",
            "limit: 15 days",
        ),
        "due": Told("到某个日期当天 24:00", "To the end of a date of the case", "due: case.mend_by"),
        "every": Told(
            "每一周期；从起算（starts 那次办理）之后第一个完整周期起",
            "A cadence, from the first full period after it began, by `starts` where there are some",
            "every: month",
        ),
        "times": Told("每周期几次", "How often in each period", "times: 2"),
        "act": Told("周期内要办哪一项", "What a cadence counts", "act: patrol"),
        "starts": Told(
            "从哪些办理起算，以最后一次为准；ACT.notice 表示公示期满；不写则从开启或进入 during 起",
            "Acts it counts from, the last of them; ACT.notice: the end of a notice; left out: the opening, or entering `during`",
            "starts: [order, redo]",
        ),
        "stops": Told("哪些办理停止计时；结束环节总会停止", "Acts that stop it; an end always does", "stops: mended"),
        "during": Told(
            "只在这些环节计时；离开再回来，重新起算，在其中走动不影响",
            "Runs in these stages alone; coming back into them begins anew, moving between them does not",
            "during: [found, mending]",
        ),
        "pauses": Told(
            "在这些环节停计，灯色不变", "Stands still in these stages, its colour with it", "pauses: waiting"
        ),
        "when": Told("条件成立才计时", "Runs only if this holds", "when: case.level == 'grave'"),
        "yellow": Told(
            "提前多久亮黄灯；整数与时限同单位",
            "How long before the end it turns yellow; a bare number in the limit's unit",
            "yellow: 5",
        ),
        "grace": Told("到期黄灯，再过多久才红灯", "Yellow when due, red only so much later", "grace: 2 days"),
        "owes": Told("这盏灯归谁", "Whose light it is", "owes: reviewer@town"),
        "accepts_back": Told(
            "补记时承认多久以前的发生时间", "How far back it accepts when something happened", "accepts_back: 72 hours"
        ),
    },
    "Spawn": {
        "ledger": Told("在哪本台账", "In which ledger", "ledger: comparison"),
        "act": Told("用哪项办理开启", "By which opening act", "act: ask"),
        "subject": Told("对象；不写则同一对象", "About whom; left out: the same subject", "subject: each"),
        "area": Told("地区；不写则同一地区", "Where; left out: the same area", "area: each"),
        "each": Told(
            "目录的行或列表的每一项各开一件",
            "One case for each row of a catalogue or element of a list",
            "each: {catalogue: departments, where: each.kind == 'bureau'}",
        ),
        "set": Told("新事项的字段，都是条件式", "Fields of the new case, by CEL", "set: {topic: each.code}"),
        "void": Told(
            "仅规则用：后来查明并未超期时，由系统撤回的办理",
            "Rules alone: the act by which the system takes it back when nothing turned after all",
            "void: lapse",
        ),
        "gather": Told(
            "仅规则用：同一收件方的合成一件，各占表格一行；可用 turned.on/clock/period/key/holder",
            "Rules alone: one case per addressee, a row for each; may read turned.on, clock, period, key, holder",
            "gather: {items: {what: case.item, since: turned.on}}",
        ),
    },
    "Draw": {
        "into": Told("抽取结果写入哪个表格字段", "The table that what was drawn goes into", "into: drawn"),
        "seed": Told(
            "种子写入哪个整数字段，凭它可以重算", "The whole number from which anybody repeats it", "seed: seed"
        ),
        "from": Told("从哪个名册抽", "Which register", "from: enterprise"),
        "where": Told(
            "只抽成立的行，可用 each.属性", "Rows that hold; may read each.ATTRIBUTE", "where: each.kind == 'industry'"
        ),
        "size": Told("抽几个", "How many", "size: case.size"),
        "target": Told("结果表中放对象的列", "The column for the row", "target: enterprise"),
        "without": Told("不抽的行", "Rows left out", "without: case.excluded"),
        "spared": Told(
            "多久以内在某台账开过事项的不抽",
            "Not those with a case of a ledger within so long",
            "spared: {inspections: 12 months}",
        ),
        "hands": Told("结果表中放去办的人的列", "The columns for those who go", "hands: [first, second]"),
        "among": Told("从哪些人中派", "Who can go", "among: case.inspectors"),
        "conflicts": Told(
            "利害关系表：有一列人员、一列对象，同一行的不派", "A table of who may not go where", "conflicts: interests"
        ),
        "pool": Told("可抽名单写入哪个表格字段", "The table that keeps what could be drawn", "pool: pool"),
    },
    "Roster": {
        "items": Told("任务目录", "The catalogue of items", "items: duty_items"),
        "item": Told("存放事项的 pick 字段", "The pick field that holds the item", "item: item"),
        "period": Told(
            "目录行的周期，event 表示随事而办",
            "A row's period; `event`: owed when something happens",
            "period: each.period",
        ),
        "where": Told("哪些对象有这一项", "Which subjects owe a row", "where: each.levels.contains(subject.level)"),
        "due": Told(
            "期内的最后一日 MM-DD；空为期末", "The last day inside the period, MM-DD; empty: its end", "due: each.by"
        ),
        "yellow": Told("提前多久亮黄灯", "How long before the end it turns yellow", "yellow: 5 days"),
        "grace": Told("过期多久才红灯", "How long after the end it turns red", "grace: 5 workdays"),
        "owes": Told("这盏灯归谁", "Whose light it is", 'owes: "@subject"'),
        "post": Told(
            "转红时点名的岗位，turned.holder", "The role whose holder is named when it turns", "post: secretary"
        ),
        "answers": Told("哪些办理算答复", "The acts that answer a cell", "answers: submit"),
        "puts_off": Told("改期的日期字段", "A date field that moves the last day", "puts_off: until"),
        "accepts_back": Told(
            "补记时承认多久以前的发生时间", "How far back it accepts when something happened", "accepts_back: 72 hours"
        ),
    },
    "Document": {
        **_LABELS,
        "mark": Told("机关代字", "The organ's mark in the number", "mark: 北纪提"),
        "paper": Told("模板名", "The template", "paper: reminder"),
        "to": Told("主送单位在哪些字段", "The fields of the addressees", "to: [towns, villages]"),
        "copies": Told("抄送单位在哪个字段", "The field of those who get a copy", "copies: copies"),
    },
    "Rule": {
        "at": Told("哪个时限", "Which clock", "at: mend"),
        "turns": Told("转为什么颜色", "Which colour it turns", "turns: red"),
        "plus": Told("再过多久", "So much later", "plus: 1 workdays"),
        "do": Told("act 或 spawn", "act or spawn", "do: [{act: lapse}]"),
    },
    "Indicator": {
        **_LABELS,
        "on": Told(
            "数哪些办理（条件按办后那一刻定，以后不变；同一事项办几次数几次），或 standing（按此刻的样子数现存的）",
            "Acts (conditions are read right after it and stay; twice done counts twice), or standing: cases as they are now",
            "on: standing",
        ),
        "where": Told("只数成立的", "Counts those that hold", "where: stage == 'found'"),
        "sum": Told(
            "合计哪个整数或金额；number 不能合计，改用更小的单位",
            "Adds up a whole number or money; a `number` cannot be summed, take a smaller unit",
            "sum: case.users",
        ),
        "over": Told("率：占哪些", "A rate: of those", 'over: "true"'),
        "distinct": Told("去重（以后支持）", "Distinct counts (later)", ""),
        "unit": Told("单位", "Unit", "unit: 户"),
        "empty": Told("没有分母时的值", "The rate when there is nothing to divide by", "empty: 0"),
    },
    "Story": {
        "tells": Told("讲什么", "What it tells", "tells: {zh: 登记后换锁, en: Reported and solved}"),
        "follows": Told("接着第几个实例往下讲", "Goes on where that story ended", "follows: 1"),
        "opened": Told("接着讲时从哪天起", "From when, where it follows another", "opened: 2021-03-01 09:00"),
        "area": Told("事项在哪里，区划代码", "Where the case is: the code of an area", 'area: "410503100201"'),
        "subject": Told(
            "对象的属性；它的编号是 S1", "Attributes of the subject; its id is S1", "subject: {kind: industry}"
        ),
        "world": Told(
            "本事项以外的事，见下表", "What is so outside the case, see below", "world: {total: {pairing.active: 1}}"
        ),
        "do": Told("一步一步", "Its steps", "do: [{on: 2021-03-01 09:00, act: report, as: cadre@village}]"),
        "ends": Told(
            "讲完时在哪个环节、什么灯、各指标数到多少（金额写元，率写成分数）；可以看以后某天的",
            "Where it ends, with which light, what indicators counted (yuan; a rate as a fraction); may be looked at later",
            "ends: {stage: found, light: red, on: 2021-03-20 00:01, counts: {cost: 1200, in_time: 0/1}}",
        ),
    },
    "Step": {
        "on": Told("什么时候，本地时间", "When, local time", "on: 2021-03-01 09:00"),
        "act": Told("办哪一项", "Which act", "act: report"),
        "as": Told(
            "以什么身份：by 里的一个；加引号的 @字段", "In which capacity: one of the act's `by`", 'as: "@mender"'
        ),
        "hand": Told(
            "谁，任意名字；同名是同一人。@人员字段 要与字段里的名字相同",
            "Who, any name; the same name is the same person. For a person field: the name it holds",
            "hand: 李兰",
        ),
        "org": Told(
            "代表哪个机构；@机构字段 要与字段里的代码相同",
            "For which organisation. For an organisation field: the code it holds",
            "org: emergency",
        ),
        "happened": Told(
            "补记时，什么时候发生的", "When it happened, where it is entered later", "happened: 2021-02-27 16:00"
        ),
        "period": Told("名册制任务：期内的一天", "Of a roster: a day inside the period", "period: 2021-12-10"),
        "give": Told(
            "填了什么；金额写元，表格写各行；指向人员、企业等的写任意名字",
            "What is filled in; money in yuan, tables by rows; any name for a person, an enterprise and so on",
            "give: {cost: 1200, items: [{what: 门锁, due: 2021-03-05}]}",
        ),
        "evidence": Told("附几份佐证", "Pieces of evidence", "evidence: {photo: 1}"),
        "light": Told(
            "办后（被拒绝的，就在那时）什么灯",
            "The light afterwards, or at that moment where it was refused",
            "light: green",
        ),
        "stage": Told("办后在哪个环节", "The stage afterwards", "stage: found"),
        "refused": Told(
            "被拒绝：写理由里的几个字，或缺的字段名，或 stage、by、evidence、after、within",
            "It is refused: words of the reason, the field that is missing, or stage, by, evidence, after, within",
            "refused: 费用超过",
        ),
    },
    "StoryWorld": {
        "policy": Told("政策数在这个实例里是多少", "Policy numbers of this story", "policy: {watch_line: 6000}"),
        "total": Told("total() 读到多少", "What total() reads", "total: {pairing.active: 1}"),
        "children": Told(
            "由本事项开启的，多少件还没完",
            "Cases it spawned: how many, how many open",
            "children: {tasks: {open: 1, count: 2}}",
        ),
        "rows": Told("抽取时名册里有什么", "The rows that a draw can draw", "rows: [{id: E1, kind: industry}]"),
        "recent": Told(
            "抽取时各台账近期查过的", "By ledger, the rows that a draw spares", "recent: {inspections: [E2]}"
        ),
        "seed": Told("抽取的种子", "The seed of the draw", "seed: 7"),
    },
}
