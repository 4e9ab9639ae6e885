"""Papers as files: which may say what, faults with their line, and sheets of any content that still are sheets."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, Final

import pypdf
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from taizhang.ledger import library as libraries
from taizhang.ledger import shelf as ledgers
from taizhang.ledger.faults import Fault
from taizhang.ledger.library import Library
from taizhang.ledger.shelf import Shelf
from taizhang.paper import filling, fonts, shelf, typeset, vocabulary
from taizhang.paper.filling import Key, Notice, Value, Values
from taizhang.paper.schema import Paper, wanted

LIBRARY = Path(__file__).resolve().parents[2] / "library"
AT = datetime(2021, 12, 20, 1, 0, tzinfo=UTC)
OF_THE_FILE = {
    "verification_form", "authorisation", "review_minutes", "notice", "announcement", "assistance_plan", "visit_sheet",
    "household_card",
}  # fmt: skip
# Characters of names that GB 2312 lacks, one of them outside the first plane.
RARE = "喆堃玥璟镕祎昇䶮叕煊翀曌𬭎"


@pytest.fixture(scope="module")
def library() -> Library:
    return libraries.read(LIBRARY)


@pytest.fixture(scope="module")
def laws(library: Library) -> Shelf:
    return ledgers.load(LIBRARY / "ledgers", library=library)


@pytest.fixture(scope="module")
def papers(laws: Shelf) -> Mapping[str, Paper]:
    found, faults = shelf.load(LIBRARY / "papers", laws)
    assert faults == (), "\n".join(map(str, faults))
    return found


def sheets(library: Library, laws: Shelf, paper: Paper, *values: Values) -> bytes:
    """A paper set with the fonts that came along, and no other."""
    told = {"title": paper.zh, "landscape": paper.landscape, "mark": "",
            "sheets": [filling.sheet(paper, one, laws, library) for one in values]}  # fmt: skip
    return typeset.pdf("form.typ", told, faces=fonts.found(system=False), at=AT).content


def words(content: bytes) -> str:
    """The text of a PDF without the spaces that its lines put in."""
    pages = pypdf.PdfReader(io.BytesIO(content)).pages
    return "".join("".join(page.extract_text().split()) for page in pages)


def test_every_paper_of_the_household_file_is_there_and_sound(papers: Mapping[str, Paper]) -> None:
    assert set(papers) >= OF_THE_FILE
    assert {name for name, one in papers.items() if one.kept == "public"} == {"notice", "announcement"}
    assert [name for name, one in papers.items() if one.batch] == ["household_card"]


# --- what may stand where -------------------------------------------------------------------------------------------


BLOCKS_FROM: Final = 7  # the line on which the blocks of a paper that `_faults` reads begin


def _faults(laws: Shelf, kept: str, block: str, more: str = "") -> list[Fault]:
    text = f"paper: tried\nzh: 试\nen: Tried\nfrom: household_monitoring\nkept: {kept}\n{more}blocks:\n{block}\n"
    return shelf.parse(text, "tried.yaml", laws)[1]


def _ways(path: str) -> Iterator[str]:
    """Every way in which a paper can name a value that stands alone."""
    yield f"  - columns: [1]\n    grid: [[{{field: {path}}}]]"
    yield f"  - columns: [1]\n    grid: [[{{check: {path}}}]]"
    yield f"  - columns: [1]\n    grid: [[{{text: '{{{path}}}'}}]]"
    yield f"  - title: '{{{path}}}'"
    yield f"  - text: '{{{path}}}'"
    yield f"  - note: '{{{path}}}'"
    yield f"  - sides: ['{{{path}}}', '']"


def _every_path(laws: Shelf) -> Iterator[str]:
    yield from (path for path, sense in vocabulary.ALONE.items() if sense not in ("place", "day"))
    for name, law in laws.items():
        if law.subject == "household":
            yield from (f"{name}.{key}" for key in (*law.fields, "number", "stage"))
    monitoring = laws["household_monitoring"]
    yield from (f"case.{key}" for key in monitoring.fields)
    yield from (f"did.{act}.by" for act in monitoring.acts)


@pytest.mark.slow
def test_no_value_of_any_register_or_ledger_can_be_named_on_a_notice(laws: Shelf) -> None:
    tried = 0
    for path in _every_path(laws):
        blocks = list(_ways(path))
        told = {fault.line for fault in _faults(laws, "public", "\n".join(blocks)) if fault.code == "may_not_stand"}
        begins = list(accumulate((block.count("\n") + 1 for block in blocks), initial=BLOCKS_FROM))
        for block, (first, after) in zip(blocks, pairwise(begins), strict=True):
            assert told & set(range(first, after)), (path, block)
            tried += 1
    assert tried > 700, tried


def test_no_list_of_members_cases_or_entries_can_stand_on_a_notice(laws: Shelf) -> None:
    lists = ["members", *(name for name, law in laws.items() if law.subject == "household"), "pairing.visit"]
    for of in lists:
        block = f"  - list: {{of: {of}, columns: [{{head: 姓名, field: each.name}}]}}"
        assert "public" in {fault.code for fault in _faults(laws, "public", block)}, of


def test_what_a_ledger_lets_be_shown_is_never_sealed_nor_sensitive(laws: Shelf) -> None:
    shown = {(name, key) for name, law in laws.items() for key in vocabulary.shown(law)}
    assert ("household_monitoring", "category") in shown
    sealed = {
        (name, key) for name, law in laws.items() for key, one in law.fields.items() if one.sealed or one.sensitive
    }
    assert len(sealed) > 40
    assert shown & sealed == set()


@pytest.mark.parametrize(
    "path",
    ["case.risk_1", "case.situation", "case.hint", "case.self_paid", "household_monitoring.risk_2", "assistance.risk"],
)
def test_a_card_on_the_wall_names_no_risk_no_money_and_no_free_text(laws: Shelf, path: str) -> None:
    block = f"  - columns: [1]\n    grid: [[{{field: {path}}}]]"
    assert [fault.code for fault in _faults(laws, "card", block)] == ["may_not_stand"]


@pytest.mark.parametrize(("field", "code"), [("each.health", "may_not_stand"), ("each.labour", "may_not_stand")])
def test_a_card_says_nothing_of_health(laws: Shelf, field: str, code: str) -> None:
    block = f"  - list: {{of: members, columns: [{{head: 一, field: {field}}}]}}"
    assert [fault.code for fault in _faults(laws, "card", block)] == [code]


def test_values_in_full_are_for_the_file_and_say_on_what_ground(laws: Shelf) -> None:
    block = "  - list: {of: members, columns: [{head: 证件, field: each.number, full: true}]}"
    assert [fault.code for fault in _faults(laws, "card", block)] == ["full"]
    assert [fault.code for fault in _faults(laws, "file", block)] == ["ground"]
    assert _faults(laws, "file", block, "ground: 授权书须写明\n") == []
    masked = "  - columns: [1]\n    grid: [[{field: case.risk_1}]]"
    assert [fault.code for fault in _faults(laws, "file", masked)] == ["covered"]


def test_only_the_authorisation_prints_identity_numbers_in_full(papers: Mapping[str, Paper]) -> None:
    full = {(name, one.path) for name, paper in papers.items() for one in wanted(paper) if one.full}
    assert {name for name, path in full if path.endswith("number")} == {"authorisation"}
    assert {name for name, path in full} == {"authorisation", "verification_form", "assistance_plan"}


def test_a_fault_names_its_file_its_line_and_what_to_do(laws: Shelf) -> None:
    text = (LIBRARY / "papers" / "visit_sheet.yaml").read_text(encoding="utf-8")
    broken = text.replace("field: household.head}", "field: household.haed}", 1)
    line = next(n for n, row in enumerate(broken.splitlines(), 1) if "household.haed" in row)
    (fault,) = shelf.parse(broken, "visit_sheet.yaml", laws)[1]
    assert (fault.file, fault.line, fault.code) == ("visit_sheet.yaml", line, "unknown")
    assert "household.head" in fault.text.zh
    assert "household.head" in fault.text.en


@pytest.mark.parametrize(
    ("block", "code"),
    [
        ("  - columns: [1, 1]\n    grid: [[户主]]", "columns"),
        ("  - columns: [1, 1]\n    grid: [[{label: 一, rows: 2}, ''], ['', '']]", "columns"),
        ("  - list: {of: nobody, columns: [{head: 一, field: each.name}]}", "list"),
        ("  - list: {of: assistance, stages: [gone], columns: [{head: 一, field: each.item}]}", "stage"),
        ("  - wording: nothing", "wording"),
        ("  - titel: 一", "extra_forbidden"),
    ],
)
def test_what_makes_no_sense_is_told(laws: Shelf, block: str, code: str) -> None:
    assert code in {fault.code for fault in _faults(laws, "file", block)}


def test_one_bad_paper_takes_no_other_away(laws: Shelf, tmp_path: Path) -> None:
    for file in (LIBRARY / "papers").glob("*.yaml"):
        (tmp_path / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "notice.yaml").write_text("paper: notice\n", encoding="utf-8")
    found, faults = shelf.load(tmp_path, laws)
    assert set(found) == OF_THE_FILE - {"notice"}
    assert {fault.file for fault in faults} == {"notice.yaml"}


# --- as sheets ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(OF_THE_FILE - {"notice", "announcement"}))
def test_a_blank_paper_is_one_sheet_with_room_to_write(
    papers: Mapping[str, Paper], library: Library, laws: Shelf, name: str
) -> None:
    content = sheets(library, laws, papers[name], Values(one={("area.village", False): Value("柏庄村")}))
    assert len(pypdf.PdfReader(io.BytesIO(content)).pages) == 1
    assert "柏庄村" in words(content)
    assert "第1页共1页" in words(content)


def _filled(paper: Paper, text: st.SearchStrategy[str], members: int) -> st.SearchStrategy[Values]:
    """Values for everything that a paper names."""

    @st.composite
    def drawn(draw: Any) -> Values:
        def one() -> Value:
            return Value(draw(text))

        alone: dict[Key, Value] = {(value.path, value.full): one() for value in wanted(paper) if not value.rows}
        rows = {
            block.list: [
                {(column.field, column.full): one() for column in block.list.columns}
                for _ in range(draw(st.integers(0, members)))
            ]
            for block in paper.blocks
            if block.list is not None
        }
        notice = Notice(
            draw(text), draw(text), ("户主", "人数"), ((draw(text), "3"),) * members, draw(text), draw(text), "日"
        )
        return Values(alone, rows, {block.wording: notice for block in paper.blocks if block.wording})

    return drawn()


NAMES = st.one_of(
    st.text(RARE + "李王张欧阳", min_size=1, max_size=4),
    st.just("阿布都热合曼·买买提吐尔逊·努尔麦麦提江"),
    st.just("Q" * 40),
    st.just(""),
    st.text(min_size=0, max_size=60),
    st.just('#set page(width: 1mm) *a* $x$ \\ "'),
)


@given(data=st.data())
@settings(max_examples=25, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@pytest.mark.slow
def test_any_content_makes_whole_sheets(
    papers: Mapping[str, Paper], library: Library, laws: Shelf, data: st.DataObject
) -> None:
    paper = papers[data.draw(st.sampled_from(sorted(papers)))]
    content = sheets(library, laws, paper, data.draw(_filled(paper, NAMES, 12)))
    pages = pypdf.PdfReader(io.BytesIO(content)).pages
    assert 1 <= len(pages) <= 12
    assert {(float(page.mediabox.width) // 1, float(page.mediabox.height) // 1) for page in pages} == {(595, 841)}


def test_names_with_rare_characters_and_twelve_members_stand_on_the_authorisation(
    papers: Mapping[str, Paper], library: Library, laws: Shelf
) -> None:
    paper = papers["authorisation"]
    (listed,) = [block.list for block in paper.blocks if block.list is not None]
    people = [f"赵{RARE[at]}" for at in range(12)]
    rows = {
        listed: [
            {("each.name", False): Value(name), ("each.number", True): Value("990503196901010010")} for name in people
        ]
    }
    content = sheets(library, laws, paper, Values(rows=rows))
    told = words(content)
    assert [name for name in people if name not in told] == []
    assert told.count("990503196901010010") == 12
    assert len(pypdf.PdfReader(io.BytesIO(content)).pages) <= 2


def test_a_character_that_no_face_has_is_marked_and_told() -> None:
    data = {
        "title": "试",
        "landscape": False,
        "mark": "",
        "sheets": [
            {
                "number": "",
                "by": "",
                "roomy": False,
                "large": False,
                "blocks": [{"kind": "text", "runs": [{"t": "李\ue863ก\x1f红"}]}],
            }
        ],
    }
    made = typeset.pdf("form.typ", data, faces=fonts.found(system=False), at=AT)
    assert "李〓〓红" in words(made.content)
    assert set(made.lacking) == {"\ue863", "ก"}


def test_each_card_of_a_village_counts_its_own_pages(
    papers: Mapping[str, Paper], library: Library, laws: Shelf
) -> None:
    cards = [Values(one={("household.head", False): Value(f"户主{n}")}) for n in range(30)]
    content = sheets(library, laws, papers["household_card"], *cards)
    pages = ["".join(page.extract_text().split()) for page in pypdf.PdfReader(io.BytesIO(content)).pages]
    assert len(pages) == 30
    assert all("第1页共1页" in page for page in pages)
    assert [f"户主{n}" in page for n, page in enumerate(pages)] == [True] * 30


def test_the_same_paper_is_the_same_bytes(papers: Mapping[str, Paper], library: Library, laws: Shelf) -> None:
    values = Values(one={("household.head", False): Value("李兰")})
    assert sheets(library, laws, papers["visit_sheet"], values) == sheets(library, laws, papers["visit_sheet"], values)
