"""The bar follows what has been read, whatever the inputs are, and tells the time left from that."""

import gzip
import io
import json
import lzma
import os
import random
import re
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType

import pytest

from thaigov_events.inference import Extractor, extract_command, run
from thaigov_events.inference.articles import Article
from thaigov_events.inference.chunks import cut_chunks
from thaigov_events.inference.cli import main
from thaigov_events.inference.inputs import read_articles, weigh_inputs
from thaigov_events.inference.progress import Meter, open_bar

# Texts that no packing makes much smaller, and so many that they fill several of its blocks.
CHANCE = random.Random(0)
ROWS = [{"id": str(number), "text": CHANCE.randbytes(1500).hex()} for number in range(320)]


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("thaigov_events.inference.chunks.ARTICLES", 8)


def follow(*inputs: Path | str) -> list[tuple[int, float | None]]:
    """Return how many items are read by the end of each chunk, and what the meter says then."""
    names = [str(each) for each in inputs]
    meter = Meter(weigh_inputs(names))
    return [(chunk.end, chunk.share) for chunk in cut_chunks(read_articles(names, meter=meter), meter)]


def pack_zst(data: bytes) -> bytes:
    packed = pytest.importorskip("pyarrow").compress(data, codec="zstd", asbytes=True)
    assert isinstance(packed, bytes)
    return packed


PACKERS: dict[str, Callable[[bytes], bytes]] = {"": bytes, ".gz": gzip.compress, ".xz": lzma.compress, ".zst": pack_zst}


def write_lines(path: Path, rows: list[dict[str, str]]) -> Path:
    if ".csv" in path.suffixes:
        lines = ["id,text", *(f"{row['id']},{row['text']}" for row in rows)]
    else:
        lines = [json.dumps(row) for row in rows]
    packing = path.suffix if path.suffix in PACKERS else ""
    path.write_bytes(PACKERS[packing]("".join(f"{line}\n" for line in lines).encode()))
    return path


def write_parquet(path: Path, rows: list[dict[str, str]]) -> Path:
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pyarrow.Table.from_pylist(rows), path, row_group_size=100)
    return path


def write_dataset(folder: Path, rows: list[dict[str, str]], *, form: str = "new_stream") -> Path:
    """Write a dataset in two files of different sizes, in the stream's form as `datasets` does, or in the file's."""
    pyarrow = pytest.importorskip("pyarrow")
    folder.mkdir(parents=True)
    third = len(rows) // 3
    for name, some in (("a.arrow", rows[:third]), ("b.arrow", rows[third:])):
        table = pyarrow.Table.from_pylist(some)
        with pyarrow.OSFile(str(folder / name), "wb") as file, getattr(pyarrow.ipc, form)(file, table.schema) as writer:
            writer.write_table(table, max_chunksize=60)
    names = [{"filename": "a.arrow"}, {"filename": "b.arrow"}]
    (folder / "state.json").write_text(json.dumps({"_data_files": names}))
    (folder / "cache-1.arrow").write_bytes(b"\0" * 10**6)  # of some map(), which is not read
    return folder


def write_dictionary(folder: Path, rows: list[dict[str, str]]) -> Path:
    for part, some in (("train", rows[:250]), ("test", rows[250:])):
        write_dataset(folder / part, some)
    (folder / "dataset_dict.json").write_text('{"splits": ["train", "test"]}')
    return folder


def write_texts(folder: Path, rows: list[dict[str, str]]) -> Path:
    folder.mkdir()
    for number, row in enumerate(rows):
        (folder / f"{number:03}.txt").write_text(row["text"])
    return folder


MAKERS: dict[str, Callable[[Path, list[dict[str, str]]], Path]] = {
    **{f"{kind}{packing}": write_lines for kind in ("a.jsonl", "a.csv") for packing in PACKERS},
    "a.parquet": write_parquet,
    "dataset": write_dataset,
    "dataset of files": lambda path, rows: write_dataset(path, rows, form="new_file"),
    "dictionary": write_dictionary,
    "texts": write_texts,
}


@pytest.mark.parametrize("name", MAKERS)
def test_the_share_follows_what_is_read_of_every_kind(tmp_path: Path, name: str) -> None:
    followed = follow(MAKERS[name](tmp_path / name, ROWS))
    assert [items for items, _ in followed] == list(range(8, 321, 8))
    shares = [share for _, share in followed if share is not None]
    assert len(shares) == 40 and shares == sorted(shares)
    assert shares[-1] == pytest.approx(1, abs=0.001)
    # packed bytes are read in blocks of up to 128 KiB, here a quarter of the file, and batches of Arrow count alike
    slack = 0.28 if name.endswith((".gz", ".xz", ".zst")) else 0.06
    assert all(abs(share - items / 320) < slack for items, share in zip(range(8, 321, 8), shares, strict=True))


def test_mixed_inputs_count_by_their_sizes(tmp_path: Path) -> None:
    makers = ("a.jsonl.gz", "texts", "a.parquet", "dictionary", "a.csv")
    rows = [[{**row, "id": f"{name}-{row['id']}"} for row in ROWS] for name in makers]
    paths = [MAKERS[name](tmp_path / name, some) for name, some in zip(makers, rows, strict=True)]
    sizes = [weigh_inputs([str(path)]) for path in paths]
    assert sizes[1] == 320 * 3000 and sizes[4] == paths[4].stat().st_size
    for inputs in (paths, [tmp_path / "a.jsonl.gz", tmp_path / "texts" / "*", *paths[2:4], tmp_path / "*.csv"]):
        ends = [share for items, share in follow(*inputs) if items % 320 == 0]
        assert ends == pytest.approx([sum(sizes[: n + 1]) / sum(sizes) for n in range(5)], abs=0.001)


def test_what_cannot_be_read_does_not_hold_up_the_bar(tmp_path: Path) -> None:
    good = write_lines(tmp_path / "good.jsonl", ROWS[:8])
    bad = write_lines(tmp_path / "bad.jsonl.gz", ROWS)
    bad.write_bytes(b"no gzip" + bad.read_bytes())
    damaged = write_dataset(tmp_path / "damaged", ROWS)
    (damaged / "a.arrow").write_bytes(b"ARROW1 no")
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "state.json").write_text("{")
    (tmp_path / "odd.pdf").write_bytes(b"\0" * 1000)
    lost = tmp_path / "lost.txt"
    *_, (_, last) = follow(bad, damaged, lost, tmp_path / "none", tmp_path / "odd.pdf", "x" * 1000, good)
    assert last == 1
    assert follow(lost) == [(1, None)]


def test_the_runs_own_output_is_not_weighed(tmp_path: Path) -> None:
    news = write_lines(tmp_path / "news.jsonl", ROWS[:8])
    output = write_lines(tmp_path / "out.jsonl", ROWS)
    assert weigh_inputs([str(tmp_path)], leave_out=[output]) == news.stat().st_size


def test_no_share_of_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    news = write_lines(tmp_path / "news.jsonl", ROWS[8:16])
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(write_lines(tmp_path / "x", ROWS[:8]).read_bytes())))
    assert follow(news, "-") == [(8, None), (16, None)]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_no_share_of_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=("ประชุม", "utf-8"))
    writer.start()
    meter = Meter(weigh_inputs([str(pipe)]))
    assert list(read_articles([str(pipe)], meter=meter)) == [Article("pipe", "ประชุม")]
    writer.join()
    assert meter.share is None


def draw(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    steps: Sequence[float | None],
    *,
    start: float | None,
) -> list[str]:
    """Return the lines of a bar that begins with 100 articles and shows 10 more, and a step, every 10 seconds."""
    now = 1000.0
    monkeypatch.setattr("tqdm.std.time", lambda: now)
    with open_bar(items=100, share=start, quiet=False) as show:
        for number, share in enumerate(steps, 1):
            now += 10
            show(100 + 10 * number, share)
    return [line.strip() for line in capsys.readouterr().err.split("\r") if line.strip()]


def test_time_left_comes_from_the_share(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    # binary fractions, else rounding takes a second off
    first, *lines = draw(monkeypatch, capsys, [0.25, 0.375, 0.5, 0.625], start=0.125)
    assert first.startswith("12%|") and first.endswith("| 00:00<?")
    assert [line.rpartition("| ")[2] for line in lines[:2]] == [
        "00:10<01:00, 110 articles, 1.0 articles/s",
        "00:20<00:50, 120 articles, 1.0 articles/s",
    ]
    assert lines[-1].startswith("62%|") and "00:40<00:30" in lines[-1]


def test_time_left_of_what_is_read_in_blocks(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = draw(monkeypatch, capsys, [0.2, 0.2, 0.4, 0.4, 0.6, 0.6, 0.8], start=0.0)
    minutes, seconds = re.findall(r"<(\d+):(\d+)", lines[-2])[0]  # the last line is the closed bar's, of the mean speed
    assert 0.7 < (60 * int(minutes) + int(seconds)) / 20 < 1.3
    assert "160 articles" in "".join(lines)  # shown, though no more bytes were read


def test_without_a_share_articles_are_counted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert draw(monkeypatch, capsys, [None, None], start=None)[-1] == "00:20, 120 articles, 1.0 articles/s"


def test_the_command_shows_time_left_also_when_it_goes_on(
    engines: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Extractor, "load", engines.open_small)
    monkeypatch.setattr(run, "COMMIT_SECONDS", 0.0)
    (tmp_path / "model").mkdir()
    engines.small_settings().save(tmp_path / "model")
    rows = [{"id": row["id"], "text": f"ผู้เข้าร่วม {row['id']} คน"} for row in ROWS[:80]]
    news, output = write_lines(tmp_path / "news.jsonl", rows), tmp_path / "x.jsonl"
    call = ["extract", str(news), "--model", str(tmp_path / "model"), "-o", str(output)]

    with monkeypatch.context() as patch:
        patch.setattr(extract_command, "publish_records", lambda *args, **options: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            main(call)
    assert "%|" not in capsys.readouterr().err  # it is no terminal
    journal = tmp_path / "x.jsonl.journal"
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:6]))  # settings and five commits

    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert main([*call, "--resume"]) == 0
    first, *_, last = re.findall(r"(\d+)%\|[^|]*\| [\d:]+<([\d:?]+)", capsys.readouterr().err)
    assert 48 <= int(first[0]) <= 52 and first[1] == "?"
    assert last == ("100", "00:00")

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(news.read_bytes())))
    assert main([*call[:1], "-", *call[2:]]) == 0
    shown = capsys.readouterr().err
    assert ", 80 articles, " in shown and "%|" not in shown and "<" not in shown
