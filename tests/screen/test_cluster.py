"""Another machine for linking, signals and rules: the same alerts, links and rejects to the row, and refusals in sentences."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from taizhang.kit.refusal import Refusal
from taizhang.screen import feeds, rules, run, whatif
from tests.screen.county import LIBRARY, VILLAGE, County, read_parquet
from tests.screen.learnt import model
from tests.screen.test_likely import BILL, wrong

ROOT = Path(__file__).resolve().parents[2]
DAY = date(2021, 12, 20)
OUTPUTS = ("alerts", "links", "rejects")


@pytest.fixture(scope="module")
def sail() -> Iterator[str]:
    """The address of a Sail server in a process of its own."""
    script = "import sys; from pysail.spark import SparkConnectServer; s = SparkConnectServer('127.0.0.1', 0); s.start(background=True); print(s.listening_address[1], flush=True); sys.stdin.read()"
    server = subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert server.stdin is not None
    assert server.stdout is not None
    try:
        yield f"sc://127.0.0.1:{server.stdout.readline().strip()}"
    finally:
        server.stdin.close()
        server.wait(timeout=60)
        server.stdout.close()


APACHE = pytest.param(
    "spark",
    marks=(
        pytest.mark.spark,
        pytest.mark.skipif("SPARK_REMOTE" not in os.environ, reason="SPARK_REMOTE names no Spark Connect server"),
    ),
)


@pytest.fixture(params=["sail", APACHE])
def server(request: pytest.FixtureRequest) -> str:
    """The address of a server: of Sail, and of Apache Spark where there is one."""
    return os.environ["SPARK_REMOTE"] if request.param == "spark" else str(request.getfixturevalue("sail"))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Untidy files of 2,000 invented residents, with planted households at every boundary of every rule."""
    place = tmp_path_factory.mktemp("files")
    words = [str(place), "--residents", "2000", "--seed", "11", "--date", DAY.isoformat(), "--format", "mixed"]
    subprocess.run([sys.executable, str(ROOT / "bench" / "generate.py"), *words], check=True, stdout=subprocess.DEVNULL)
    return place


def screened(files: Path, out: Path, engine: str, **options: Any) -> run.Report:
    return run.screen_files(files / "registers", files / "feeds", DAY, out, engine=engine, library=LIBRARY, **options)


def differences(one: Path, other: Path) -> list[str]:
    """The outputs that are not equal to the row; alerts also in their order, which is part of them."""
    found = [name for name in OUTPUTS if lines(one, name) != lines(other, name)]
    alerts = read_parquet(one / "alerts.parquet") != read_parquet(other / "alerts.parquet")
    return [*found, *(["order of alerts"] if alerts else [])]


def lines(place: Path, name: str) -> list[str]:
    """Every row of an output as text, sorted."""
    return sorted(map(repr, read_parquet(place / f"{name}.parquet")))


@pytest.mark.slow
def test_the_same_feeds_give_the_same_rows_on_duckdb_and_on_a_server(files: Path, server: str, tmp_path: Path) -> None:
    here = screened(files, tmp_path / "here", "duckdb")
    there = screened(files, tmp_path / "那边 2", server)
    assert (here.engine, there.engine) == ("duckdb", "spark")
    assert here.hits == there.hits
    assert len([rule for rule, hits in here.hits.items() if hits]) == 18
    assert here.not_evaluated == there.not_evaluated
    assert differences(tmp_path / "here", tmp_path / "那边 2") == []
    links = read_parquet(tmp_path / "那边 2" / "links.parquet")
    assert {(row["how"], row["band"]) for row in links} == {
        ("number", "same"),
        ("edit", "person"),
        ("birth", "person"),
        ("none", "different"),
    }
    assert not [path for path in (tmp_path / "那边 2").iterdir() if path.name.startswith(".")]  # nothing is left lying


@pytest.mark.slow
def test_a_model_looks_at_doubtful_rows_beside_a_cluster_and_what_is_kept_of_it_can_be_tried(
    county: County, server: str
) -> None:
    one, two = (
        county.resident(home, "李兰", born, kind="脱贫户") for home, born in (("A", "1974-03-21"), ("B", "1981-05-02"))
    )
    county.resident("C", "王静", "1990-08-17", phone="13500000001")
    county.resident("C", "王静", written=two)  # of another household too
    county.resident("D", "陈平", "1966-02-03", written=(twin := county.resident("D", "陈平", "1966-02-03")))
    county.send(
        "medical", *({"证件号码": said, "姓名": "李兰", **BILL} for said in (wrong(one), one[:17], f"{one[:14]}****"))
    )
    county.send("medical", {"证件号码": twin, "姓名": "陈平", **BILL}, {"证件号码": twin, "姓名": "陈萍", **BILL})
    county.send(
        "hotline",
        {"联系电话": "13500000001", "姓名": "王静", "日期": "2021-12-01"},
        {"姓名": "陈平", "区划代码": VILLAGE, "日期": "2021-12-01"},
    )
    county.write()
    here, there = county.place / "here", county.place / "there"
    for out, engine in ((here, "duckdb"), (there, server)):
        screened(county.place, out, engine, model=model(), keep=True)
    assert differences(here, there) == []
    assert "model" in {row["how"] for row in read_parquet(there / "links.parquet")}
    book = rules.read(LIBRARY, feeds.read_all(LIBRARY))
    tried = [whatif.attempt(out / "kept", book, {"r01_self_paid": 100}).rules for out in (here, there)]
    assert tried[0] == tried[1]
    assert {one.name: one.after for one in tried[1]}["R01"] > 0


@pytest.mark.slow
def test_a_statement_outside_the_common_subset_is_refused_before_it_is_sent(server: str, tmp_path: Path) -> None:
    from taizhang.screen.cluster import ClusterEngine

    engine = ClusterEngine(server, tmp_path / "tables")
    try:
        engine.run("CREATE OR REPLACE TEMP TABLE t AS SELECT 1 AS x")
        for sql in ("SELECT region_name(x) FROM t", "SELECT list_aggregate([x], 'sum') FROM t"):
            with pytest.raises(Refusal) as refused:
                engine.rows(sql)
            assert refused.value.code == "bad_sql"
        for sql in ("DELETE FROM t", "SELECT jaro_winkler_similarity('a', 'b') FROM t"):
            with pytest.raises(Refusal):
                engine.run(sql)
        assert engine.rows(
            "SELECT full_years(DATE '2004-02-29', DATE '2021-02-28'), share(-7, 2), yuan(-123456) FROM t"
        ) == [(16, -4, "-1234.56")]
    finally:
        engine.close()


@pytest.mark.slow
def test_a_server_that_sees_another_folder_under_the_path_is_refused_with_what_to_do(
    sail: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from taizhang.screen.cluster import ClusterEngine

    monkeypatch.chdir(tmp_path)  # the server stands elsewhere, so that this path leads it elsewhere
    with pytest.raises(Refusal) as refused:
        ClusterEngine(sail, Path("/proc/self/cwd/tables"))
    assert refused.value.code == "not_shared"
    assert "--out" in refused.value.sentence()


def test_an_engine_that_is_none_or_does_not_answer_is_refused_with_what_to_do(county: County) -> None:
    county.resident("A")
    county.write()
    for engine, code in (("spark", "engine_unknown"), ("sc://", "engine_unknown"), ("sc://127.0.0.1:1", "no_cluster")):
        with pytest.raises(Refusal) as refused:
            screened(county.place, county.place / "out", engine)
        assert refused.value.code == code
