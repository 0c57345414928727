"""Money, counts and the numbers in them, with values worked out by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thaigov_events.inference.amounts import Amount, Count, read_money, read_quantity
from thaigov_events.inference.numerals import read_number
from thaigov_events.inference.reading import UnreadableError

THAI_DIGITS = str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")
DIGIT_WORDS = ("ศูนย์", "หนึ่ง", "สอง", "สาม", "สี่", "ห้า", "หก", "เจ็ด", "แปด", "เก้า")


def spell(number: int) -> str:
    """Write a whole number in Thai words, as on a cheque."""
    if number >= 1_000_000:
        rest = number % 1_000_000
        return spell(number // 1_000_000) + "ล้าน" + (spell(rest) if rest else "")
    if number < 10:
        return DIGIT_WORDS[number]
    words = ""
    for place, name in ((100_000, "แสน"), (10_000, "หมื่น"), (1_000, "พัน"), (100, "ร้อย"), (10, "สิบ")):
        digit, number = divmod(number, place)
        if digit:
            words += (
                "" if (place, digit) == (10, 1) else "ยี่" if (place, digit) == (10, 2) else DIGIT_WORDS[digit]
            ) + name
    return words + ("เอ็ด" if number == 1 else DIGIT_WORDS[number] if number else "")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,250", "1250"),
        ("30000", "30000"),
        ("๒๐๘,๖๗๕,๘๔๖.๕๐", "208675846.5"),
        ("1.7 ล้าน", "1700000"),
        ("1.9 พันล้าน", "1900000000"),
        ("1.27 ล้านล้าน", "1270000000000"),
        ("2 ล้าน 5 แสน", "2500000"),
        ("หนึ่งร้อยล้าน", "100000000"),
        ("สิบเจ็ดล้าน", "17000000"),
        ("ยี่สิบเอ็ด", "21"),
        ("ร้อยเอ็ด", "101"),
        ("หนึ่งแสนห้า", "100005"),
        ("สิบล้านห้า", "10000005"),
        ("แสนห้าหมื่น", "150000"),
        ("หนึ่งแสนสี่หมื่นเก้าพันห้าร้อยสิบ", "149510"),
        ("หนึ่งล้านสองแสนล้าน", "1200000000000"),
        ("ล้านครึ่ง", "1500000"),
        ("สองแสนครึ่ง", "250000"),
        ("ครึ่งล้าน", "500000"),
        ("หมื่น", "10000"),
        ("0", "0"),
    ],
)
def test_numbers(text: str, value: str) -> None:
    assert read_number(text) == Decimal(value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1,1,06",
        "1,23",
        "1.2.3",
        "หนึ่งสอง",
        "ร้อยหมื่น",
        "แสนแสน",
        "1 2",
        "กว่า",
        "9" * 19,
        "9999999999999 ล้าน",
        "พันธกิจ",
        "แสนห้า",
        "แสนๆ",
        "-5",
    ],
)
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(UnreadableError):
        read_number(text)


@given(st.integers(0, 10**15 - 1))
def test_numbers_in_words_and_figures_are_read_back(number: int) -> None:
    assert read_number(spell(number)) == number
    assert read_number(f"{number:,}") == number
    assert read_number(f"{number}".translate(THAI_DIGITS)) == number


@pytest.mark.parametrize(
    ("text", "minimum", "maximum", "other"),
    [
        ("27,775,960 บาท", "27775960", "27775960", {}),
        ("๒๐๘,๖๗๕,๘๔๖.๕๐ บาท", "208675846.5", "208675846.5", {}),
        ("2 แสนบาท", "200000", "200000", {}),
        ("2 แสน", "200000", "200000", {}),
        ("57,462,000", "57462000", "57462000", {}),
        ("1.9 พันล้านบาท", "1900000000", "1900000000", {}),
        ("1.27 ล้านล้านบาท", "1270000000000", "1270000000000", {}),
        ("500 ลบ.", "500000000", "500000000", {}),
        ("หนึ่งร้อยล้านบาท", "100000000", "100000000", {}),
        ("เจ็ดแสนบาทถ้วน", "700000", "700000", {}),
        ("17,000,000 บาท (สิบเจ็ดล้านบาทถ้วน)", "17000000", "17000000", {}),
        ("17,000,000 (สิบเจ็ดล้านบาทถ้วน)", "17000000", "17000000", {}),
        ("1,000,000.- บาท", "1000000", "1000000", {}),
        ("คนละ 50 บาทต่อวัน", "50", "50", {"per": "คน/วัน"}),
        ("50 สตางค์", "0.5", "0.5", {}),
        ("1,002 บาท 50 สตางค์", "1002.5", "1002.5", {}),
        ("กว่า 1.7 ล้านบาท", "1700000", None, {}),
        ("มากกว่า ๖๖,๐๐๐,๐๐๐ บาท", "66000000", None, {"exclusive": True}),
        ("ไม่น้อยกว่า 1.5 ล้านบาท", "1500000", None, {}),
        ("เกิน 100,000 บาท/ปี", "100000", None, {"per": "year", "exclusive": True}),
        ("24 ล้านบาทเศษ", "24000000", None, {}),
        ("แสนกว่าล้านเหรียญสหรัฐ", "100000000000", None, {"unit": "USD"}),
        ("วงเงินกว่า 5 ล้านบาท", "5000000", None, {}),
        ("ไม่เกิน 2 แสนบาท", None, "200000", {}),
        ("ต่ำกว่า 300 บาท", None, "300", {"exclusive": True}),
        ("ประมาณ 1,200,000 บาท", "1200000", "1200000", {"approximate": True}),
        ("ราว ๆ 3 หมื่นบาท", "30000", "30000", {"approximate": True}),
        ("เกือบ 10 ล้านบาท", None, "10000000", {"approximate": True, "exclusive": True}),
        ("ประมาณ 40,000 กว่าบาท", "40000", None, {"approximate": True}),
        ("300-500 บาท", "300", "500", {}),
        ("5 – 10 ล้านบาท", "5000000", "10000000", {}),
        ("500,000 – 1 ล้านบาท", "500000", "1000000", {}),
        ("900 - 1 พันบาท", "900", "1000", {}),
        ("2 แสน - 5 แสนบาท", "200000", "500000", {}),
        ("100 บาท ถึง 500 บาท", "100", "500", {}),
        ("100 บาทต่อปี", "100", "100", {"per": "year"}),
        ("10 ล้านบาท ต่อเดือน", "10000000", "10000000", {"per": "month"}),
        ("2,000 บาท/ ไร่", "2000", "2000", {"per": "ไร่"}),
        ("4.00 บาท/กก.", "4", "4", {"per": "กิโลกรัม"}),
        ("50 บาท/ครั้ง/เดือน", "50", "50", {"per": "ครั้ง/เดือน"}),
        ("เดือนละ 8 แสนบาท", "800000", "800000", {"per": "month"}),
        ("กิโลกรัมละ 100-200 บาท", "100", "200", {"per": "กิโลกรัม"}),
        ("46 ล้านดอลลาร์สหรัฐฯ", "46000000", "46000000", {"unit": "USD"}),
        ("5 ล้านเหรียญสหรัฐ", "5000000", "5000000", {"unit": "USD"}),
        ("500 ดอลลาร์", "500", "500", {"unit": "USD"}),
        ("1,000 USD", "1000", "1000", {"unit": "USD"}),
        ("US$ 1,000", "1000", "1000", {"unit": "USD"}),
        ("20 ล้านยูโร", "20000000", "20000000", {"unit": "EUR"}),
        ("3 ดอลลาร์สิงคโปร์", "3", "3", {"unit": "SGD"}),
        ("20 เหรียญออสเตรเลีย", "20", "20", {"unit": "AUD"}),
        ("7 พันเยน", "7000", "7000", {"unit": "JPY"}),
    ],
)
def test_money(text: str, minimum: str | None, maximum: str | None, other: dict[str, object]) -> None:
    record = read_money(text).to_dict()
    assert record.pop("text_number")
    expected = {"type": "amount", "minimum": minimum, "maximum": maximum, "unit": "THB"} | other
    assert record == {name: value for name, value in expected.items() if value is not None}


@pytest.mark.parametrize(
    ("text", "number"),
    [("กว่า ๑.๗ ล้านบาท", "1.7 ล้าน"), ("5 – 10 ล้านบาท", "5 - 10 ล้าน"), ("เดือนละ 8 แสนบาท", "8 แสน")],
)
def test_the_number_of_an_amount_is_kept_as_written(text: str, number: str) -> None:
    assert read_money(text).text_number == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        "บาท",
        "หลายล้านบาท",
        "500 - 300 บาท",
        "5 เหรียญ",
        "1,23 บาท",
        "ร้อยละ 5 บาท",
        "10 บาท 20 บาท",
        "5,000,000 บาท (หกล้านบาทถ้วน)",
        "ร้อยล้านหลักบาท",
    ],
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(UnreadableError):
        read_money(text)


@pytest.mark.parametrize(
    ("text", "minimum", "maximum", "unit", "other"),
    [
        ("65 กลุ่ม", "65", "65", "กลุ่ม", {}),
        ("๗๗ จังหวัด", "77", "77", "จังหวัด", {}),
        ("12 ราย", "12", "12", "ราย", {}),
        ("60,527คน", "60527", "60527", "คน", {}),
        ("636 CC", "636", "636", "ซีซี", {"text_unit": "CC"}),
        ("จำนวน 6 โครงการ", "6", "6", "โครงการ", {}),
        ("สามแสนไร่", "300000", "300000", "ไร่", {}),
        ("สองเรื่อง", "2", "2", "เรื่อง", {}),
        ("5 พันธกิจ", "5", "5", "พันธกิจ", {}),
        ("12 ร้อยตรี", "12", "12", "ร้อยตรี", {}),
        ("40 เก้าอี้", "40", "40", "เก้าอี้", {}),
        ("5 ล้านโดส", "5000000", "5000000", "โดส", {}),
        ("15 ล้าน ลบ.ม.", "15000000", "15000000", "ลูกบาศก์เมตร", {"text_unit": "ลบ.ม."}),
        ("10,031", "10031", "10031", None, {}),
        ("5แสน", "500000", "500000", None, {}),
        ("ร้อยละ 80", "80", "80", "%", {}),
        ("ร้อยละ ๘๘.๔๖%", "88.46", "88.46", "%", {}),
        ("ร้อยล่ะ 94.85", "94.85", "94.85", "%", {}),
        ("80%", "80", "80", "%", {}),
        ("กว่า 77 %", "77", None, "%", {}),
        ("มากกว่า ๘๐ เปอร์เซนต์", "80", None, "%", {"exclusive": True}),
        ("ไม่ถึง 100 คน", None, "100", "คน", {"exclusive": True}),
        ("น้อยกว่า 5 ตัว", None, "5", "ตัว", {"exclusive": True}),
        ("เกิน 60 - 70 คน", "60", "70", "คน", {}),
        ("80 เปอร์เซ็นต์", "80", "80", "%", {}),
        ("1.5% ต่อปี", "1.5", "1.5", "%", {"per": "year"}),
        ("อย่างน้อยร้อยละ 80", "80", None, "%", {}),
        ("ราวร้อยละ 10", "10", "10", "%", {"approximate": True}),
        ("60-70%", "60", "70", "%", {}),
        ("60% - 70%", "60", "70", "%", {}),
        ("ร้อยละ 60 - ร้อยละ 70", "60", "70", "%", {}),
        ("กว่าร้อยละ 60 – 70", "60", "70", "%", {}),
        ("ประมาณ 100 คน", "100", "100", "คน", {"approximate": True}),
        ("กว่าหมื่นคน", "10000", None, "คน", {}),
        ("8,000 กว่าไร่", "8000", None, "ไร่", {}),
        ("4 ล้านกว่าครัวเรือน", "4000000", None, "ครัวเรือน", {}),
        ("นับสิบรายการ", "10", None, "รายการ", {}),
        ("ตั้งแต่ 7 คนขึ้นไป", "7", None, "คน", {}),
        ("136,000 ตันเศษ", "136000", None, "ตัน", {}),
        ("ไม่เกิน 5 ตัว", None, "5", "ตัว", {}),
        ("2-3 ราย", "2", "3", "ราย", {}),
        ("ประมาณ 10 – 13 คันต่อวัน", "10", "13", "คัน", {"approximate": True, "per": "day"}),
        ("750 คน/วัน", "750", "750", "คน", {"per": "day"}),
        ("266 กก./ไร่", "266", "266", "กิโลกรัม", {"per": "ไร่", "text_unit": "กก."}),
        ("5 ตัวต่อราย", "5", "5", "ตัว", {"per": "ราย"}),
        ("ไม่เกินรายละ 5 ตัว", None, "5", "ตัว", {"per": "ราย"}),
        ("อย่างน้อยเดือนละ 1 ครั้ง", "1", None, "ครั้ง", {"per": "month"}),
        ("1 คน ต่อ 1 ตำบล", "1", "1", "คน", {"per": "1 ตำบล"}),
        ("10 ผู้ติดต่อราชการ", "10", "10", "ผู้ติดต่อราชการ", {}),
        ("3 ต่อ", "3", "3", "ต่อ", {}),
        ("82,233 หมู่บ้าน/ชุมชน", "82233", "82233", "หมู่บ้าน/ชุมชน", {}),
        ("5 ตัน CO2", "5", "5", "ตัน CO2", {}),
        ("22 ไร่ 1 งาน 32.4 ตารางวา", "22.331", "22.331", "ไร่", {}),
        ("๔๙๕-๓-๒๘ ไร่", "495.82", "495.82", "ไร่", {}),
        ("ประมาณ 25,341-0-55 ไร่", "25341.1375", "25341.1375", "ไร่", {"approximate": True}),
        ("2 งาน", "2", "2", "งาน", {}),
        ("200,000 ไร่ (สองแสนไร่)", "200000", "200000", "ไร่", {}),
        ("25 คน/กลุ่ม", "25", "25", "คน", {"per": "กลุ่ม"}),
    ],
)
def test_quantities(
    text: str, minimum: str | None, maximum: str | None, unit: str | None, other: dict[str, object]
) -> None:
    expected = {"type": "count", "minimum": minimum, "maximum": maximum, "unit": unit} | other
    assert read_quantity(text).to_dict() == {name: value for name, value in expected.items() if value is not None}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1 ตำบล 1 ผลิตภัณฑ์", "more than one number"),
        ("หนึ่งตำบล หนึ่งผลิตภัณฑ์", "more than one number"),
        ("30x1,500 เมตร", "more than one number"),
        ("5x8 เมตร", "more than one number"),
        ("1 ใน 3", "more than one number"),
        ("หนึ่งในสาม", "more than one number"),
        ("5 คน (3 ครอบครัว)", "figures and words differ"),
        ("30 - 40 กว่าคน", "a range without an end"),
        ("สองครึ่ง", "a half of what is not named"),
        ("หลายหมื่นราย", "an indefinite number"),
        ("ประชาชน", "no number"),
        ("1,1,06 หลัง", "no number"),
        ("9 - 5 คน", "the range runs backwards"),
        ("12-5-10 ไร่", "no such area: a rai has 4 ngan, a ngan 100 square wah"),
    ],
)
def test_what_is_no_quantity_is_refused(text: str, reason: str) -> None:
    with pytest.raises(UnreadableError) as refusal:
        read_quantity(text)
    assert str(refusal.value) == reason


@given(
    st.integers(1, 10**7),
    st.integers(0, 2),
    st.sampled_from([("", 0), ("พัน", 3), ("หมื่น", 4), ("แสน", 5), ("ล้าน", 6), ("พันล้าน", 9)]),
    st.booleans(),
    st.sampled_from(["", " "]),
)
def test_amounts_are_read_back(number: int, places: int, times: tuple[str, int], thai: bool, gap: str) -> None:
    word, power = times
    value = Decimal(number).scaleb(-places)
    text = f"{value:,f}{gap}{word}{gap}บาท"
    amount = read_money(text.translate(THAI_DIGITS) if thai else text)
    assert amount.minimum == amount.maximum
    assert Decimal(amount.minimum or 0) == value.scaleb(power)
    assert "e" not in (amount.minimum or "").lower()


@given(st.integers(1, 10**9), st.integers(1, 10**9))
def test_ranges_are_read_back_in_order_or_refused(first: int, second: int) -> None:
    text = f"{first:,} - {second:,} คน"
    if first <= second:
        assert read_quantity(text) == Count(str(first), str(second), "คน")
    else:
        with pytest.raises(UnreadableError):
            read_quantity(text)


def test_one_value_written_in_two_ways_is_equal() -> None:
    assert read_money("1.7 ล้านบาท") == read_money("1,700,000 บาท") != read_money("กว่า 1.7 ล้านบาท")
    assert read_quantity("266 กก.") == read_quantity("266 กิโลกรัม")
    assert read_quantity("กว่า 5 คน") != read_quantity("มากกว่า 5 คน") != read_quantity("ไม่ถึง 5 คน")


@pytest.mark.parametrize("kind", [Amount, Count])
def test_inconsistent_bounds_cannot_be_built(kind: type[Amount] | type[Count]) -> None:
    with pytest.raises(ValueError, match="exceeds"):
        kind("10", "9")
    with pytest.raises(ValueError, match="both its ends"):
        kind("9", "10", exclusive=True)
    with pytest.raises(ValueError, match="needs"):
        kind(None, None)
