"""Cleaning, rule by rule, on invented pages; and that the annotated texts are clean already."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thaigov_events.annotations.cleaning import clean_text

SHARED = Path(__file__).parents[2].parent / "shared" / "corpus"

TITLE = "จังหวัดสมมุติประชุมคณะกรรมการพัฒนาตลาดน้ำ ครั้งที่ 3/2570"
BODY = "นายสมมุติ ใจดี เป็นประธานการประชุม ณ ศาลากลางจังหวัด"


def test_a_whole_page() -> None:
    raw = (
        f"\ufeffรัฐบาลไทย-ข่าวทำเนียบรัฐบาล-{TITLE}\r\n\r\n\r\nวันพุธที่ 3 มีนาคม 2570\r\n1,218\r\nพิมพ์\r\n"
        f"{TITLE}\r\n{TITLE}\r\n  นายสมมุติ\u00a0 ใจดี เป็นประธาน\u200bการประชุม\t ณ ศาลากลางจังหวัด \r\n"
        "--------\r\n\r\nที่มา : https://www.thaigov.go.th/news/contents/details/1"
    )
    assert clean_text(raw) == f"{TITLE}\n{BODY}"


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("ประ\u200bชุม", "ประชุม"),
        ("\ufeffประชุม", "ประชุม"),
        ("นาย\u00a0ก", "นาย ก"),
        ("ประชุม\r\nวันนี้\r", "ประชุม\nวันนี้"),
        ("ประ\rชุม", "ประชุม"),
        (" \t ประชุม \u2003", "ประชุม"),
        ("นาย  ก \t ข", "นาย ก ข"),
        ("ประชุม\n\n \n\u00a0\nวันนี้", "ประชุม\nวันนี้"),
        ("", ""),
        ("\n\n", ""),
    ],
)
def test_odd_characters_and_blanks(raw: str, clean: str) -> None:
    assert clean_text(raw) == clean


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("รัฐบาลไทย-ข่าวทำเนียบรัฐบาล-ประชุมวันนี้", "ประชุมวันนี้"),
        ("รัฐบาลไทย-ประชุมวันนี้", "ประชุมวันนี้"),
        ("ข่าวทำเนียบรัฐบาล-ประชุมวันนี้", "ข่าวทำเนียบรัฐบาล-ประชุมวันนี้"),
        ("  รัฐบาลไทย-ข่าวทำเนียบรัฐบาล-  ประชุมวันนี้", "ประชุมวันนี้"),
        ("ประชุม รัฐบาลไทย-วันนี้", "ประชุม รัฐบาลไทย-วันนี้"),
        ("รัฐบาลไทย ประชุม", "รัฐบาลไทย ประชุม"),
        ("ประชุมวันนี้\nรัฐบาลไทย-เดินหน้าต่อ", "ประชุมวันนี้\nเดินหน้าต่อ"),
    ],
)
def test_the_name_of_the_site_is_taken_off(raw: str, clean: str) -> None:
    assert clean_text(raw) == clean


@pytest.mark.parametrize(
    "line",
    [
        "วันพุธที่ 3 มีนาคม 2570",
        "วันที่ 13 มีนาคม 2570",
        "03/03/2570",
        "1,218",
        "87",
        "พิมพ์",
        ".",
        "......",
        "-----",
        "–—-.",
        "ที่มา : https://www.example.org/news/1",
        "ที่มา : สำนักงานสมมุติ",
        "ที่มา: สำนักงานสมมุติ",
        "https://www.example.org/news/1",
        "http://example.org",
    ],
)
def test_furniture_is_dropped(line: str) -> None:
    assert clean_text(f"ประชุมวันนี้\n {line} \nแล้วเสร็จ") == "ประชุมวันนี้\nแล้วเสร็จ"


@pytest.mark.parametrize(
    "line",
    [
        "วันพุธที่ 3 มีนาคม 2570 เวลา 09.30 น.",
        "เมื่อวันพุธที่ 3 มีนาคม 2570",
        "วันที่ 3 มี.ค. 2570",
        "วันที่ 3-4 มีนาคม 2570",
        "3/3/2570",
        "03/03/70",
        "1,218 คน",
        "พิมพ์ข่าว",
        "*****",
        "………",
        "+++++",
        "- จัดซื้อเรือ",
        "ที่มาของโครงการ",
        "www.example.org",
        "https://www.example.org หรือโทรสอบถาม",
    ],
)
def test_what_only_resembles_furniture_stays(line: str) -> None:
    text = f"ประชุมวันนี้\n{line}\nแล้วเสร็จ"
    assert clean_text(text) == text


def test_a_line_that_repeats_an_earlier_one_is_dropped_wherever_it_stands() -> None:
    assert clean_text("หนึ่ง\nสอง\nหนึ่ง\nสาม\nสอง") == "หนึ่ง\nสอง\nสาม"


def test_lines_are_the_same_when_their_letters_and_digits_are() -> None:
    assert clean_text("แถลง\nปี 2570 : “เดินหน้า”\nแล้ว\nปี 2570 เดินหน้า!") == "แถลง\nปี 2570 : “เดินหน้า”\nแล้ว"


def test_vowels_and_tone_marks_and_thai_digits_tell_lines_apart() -> None:
    text = "ขาว\nข้าว\nข่าว\nเข้า\nข้อ ๑\nข้อ ๒"
    assert clean_text(text) == text


def test_a_cut_title_gives_way_to_the_whole_one() -> None:
    assert clean_text(f"{TITLE}\n“{TITLE}” เห็นชอบ 5 โครงการ\n{BODY}") == f"“{TITLE}” เห็นชอบ 5 โครงการ\n{BODY}"


def test_titles_that_grow_step_by_step_leave_only_the_last() -> None:
    assert clean_text(f"ประชุม\nประชุมใหญ่\nประชุมใหญ่ประจำปี\n{BODY}") == f"ประชุมใหญ่ประจำปี\n{BODY}"


def test_sixty_letters_make_a_title_the_same() -> None:
    start = "ก" * 60
    assert clean_text(f"{start} ข\n{start} ค") == f"{start} ค"
    assert clean_text(f"{start[:-1]} ข\n{start[:-1]} ค") == f"{start[:-1]} ข\n{start[:-1]} ค"


def test_a_paragraph_that_begins_with_the_title_does_not_replace_it() -> None:
    rest = "ก" * (399 - len(TITLE))
    assert clean_text(f"{TITLE}\n{TITLE}{rest}") == TITLE + rest
    assert clean_text(f"{TITLE}\n{TITLE}{rest}ก") == f"{TITLE}\n{TITLE}{rest}ก"


def test_only_the_first_lines_are_titles() -> None:
    text = f"{BODY}\nประชุม\nประชุมใหญ่"
    assert clean_text(text) == text


PIECES = (
    "ประชุม",
    "ใหญ่",
    "ก" * 70,
    " ",
    "\t",
    "\n",
    "\r",
    "\u00a0",
    "\u200b",
    "*",
    "-",
    "พิมพ์",
    "12",
    "/2570",
    "ที่มา : ",
)


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_a_clean_text_is_clean(raw: str) -> None:
    clean = clean_text(raw)
    assert clean_text(clean) == clean
    assert all(line and line == line.strip() for line in clean.split("\n") if clean)


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/corpus is not here")
@pytest.mark.parametrize(("name", "count"), [("train.jsonl", 485), ("dev.jsonl", 48)])
def test_every_annotated_text_is_clean_already(name: str, count: int) -> None:
    texts = [json.loads(line)["text"] for line in (SHARED / name).read_text("utf-8").split("\n") if line]
    assert sum(clean_text(text) == text for text in texts) == len(texts) == count
