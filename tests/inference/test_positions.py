"""Positions are read into grade, body and area, and a position alone is its holder's only where that is sure."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thaigov_events.annotations import Document, Entity, Relation
from thaigov_events.inference.agencies import find_agency, find_ministry
from thaigov_events.inference.holders import find_holders
from thaigov_events.inference.people import identify_persons
from thaigov_events.inference.positions import identify_office, is_shared, read_office, read_offices
from thaigov_events.inference.record_parts import Office

MHT = "กระทรวงมหาดไทย"
ENV = "กระทรวงทรัพยากรธรรมชาติและสิ่งแวดล้อม"
AGRI = "กระทรวงเกษตรและสหกรณ์"
# Pieces of which positions are made, so that random texts come near real ones.
PIECES = (
    "รอง ผู้ช่วย อดีต รมว. รมช. ปลัด กระทรวง มท. 1 ฯ ผู้ว่า ราชการ จังหวัด ตราด นายก อบต. อธิบดี กรม ( ) ก. เลขานุการ ประธาน ด้าน"
)
NARCOTICS = "สำนักงานคณะกรรมการป้องกันและปราบปรามยาเสพติด"


@pytest.mark.parametrize(
    ("text", "grade", "body", "area", "district"),
    [
        ("ผู้ว่าราชการจังหวัดตราด", "governor", "", "TH-23", ""),
        ("ผวจ.เลย", "governor", "", "TH-42", ""),
        ("ผู้ว่าฯ ตาก", "governor", "", "TH-63", ""),
        ("ผู้ว่า ฯ", "governor", "", "", ""),
        ("ผู้ว่าราชการ จ.สุพรรณบุรี", "governor", "", "TH-72", ""),
        ("ผู้ว่าราชการกรุงเทพมหานคร", "governor", "", "TH-10", ""),
        ("รองผู้ว่าราชการจังหวัดตรัง", "deputy governor", "", "TH-92", ""),
        ("รักษาราชการแทนผู้ว่าราชการจังหวัดระนอง", "acting governor", "", "TH-85", ""),
        ("อดีตผู้ว่าราชการจังหวัดสตูล", "former governor", "", "TH-91", ""),
        ("รักษาการในตำแหน่งรองอธิบดีกรมประมง", "acting deputy director-general", "กรมประมง", "", ""),
        ("รองปลัดกระทรวงมหาดไทย", "deputy permanent secretary", MHT, "", ""),
        ("ผู้ช่วยปลัดกระทรวงมหาดไทย", "assistant permanent secretary", MHT, "", ""),
        ("ปลัด มท.", "permanent secretary", MHT, "", ""),
        ("ปมท.", "permanent secretary", MHT, "", ""),
        ("ปกท. ทส.", "permanent secretary", ENV, "", ""),
        ("ปลัดเกษตรฯ", "permanent secretary", AGRI, "", ""),
        ("รองปลัด ก.เกษตรฯ", "deputy permanent secretary", AGRI, "", ""),
        ("ปลัดสำนักนายกรัฐมนตรี", "permanent secretary", "สำนักนายกรัฐมนตรี", "", ""),
        ("รมว.ทส.", "minister", ENV, "", ""),
        ("รมว ทส", "minister", ENV, "", ""),
        ("รัฐมนตรีว่าการกระทรวงเกษตรฯ", "minister", AGRI, "", ""),
        ("รัฐมนตรีประจำสำนักนายกรัฐมนตรี", "minister", "สำนักนายกรัฐมนตรี", "", ""),
        ("รมต.นร.", "minister", "สำนักนายกรัฐมนตรี", "", ""),
        ("มท. 1", "minister", MHT, "", ""),
        ("มท.3", "deputy minister", MHT, "", ""),
        ("รมช.เกษตรฯ", "deputy minister", AGRI, "", ""),
        ("รัฐมนตรีช่วยว่าการกระทรวงมหาดไทย", "deputy minister", MHT, "", ""),
        ("ผู้ช่วยรัฐมนตรีประจำกระทรวงมหาดไทย", "assistant minister", MHT, "", ""),
        ("นายกรัฐมนตรี", "prime minister", "", "", ""),
        ("รอง นรม.", "deputy prime minister", "", "", ""),
        ("นายกฯ สิงคโปร์", "prime minister", "สิงคโปร์", "", ""),
        ("อธิบดีกรมการพัฒนาชุมชน", "director-general", "กรมการพัฒนาชุมชน", "", ""),
        ("อธิบดี สถ.", "director-general", "กรมส่งเสริมการปกครองท้องถิ่น", "", ""),
        ("เลขาธิการ ป.ป.ส.", "secretary-general", NARCOTICS, "", ""),
        ("ผู้อำนวยการโรงพยาบาลตราด", "director", "โรงพยาบาลตราด", "TH-23", ""),
        ("ผู้ว่าการการประปาส่วนภูมิภาค", "enterprise governor", "การประปาส่วนภูมิภาค", "", ""),
        ("ผู้ว่าการไฟฟ้าส่วนภูมิภาค", "enterprise governor", "การไฟฟ้าส่วนภูมิภาค", "", ""),
        ("นายอำเภอเมืองตราด", "district chief", "", "TH-23", "เมืองตราด"),
        ("นายอำเภอแหลมงอบ จังหวัดตราด", "district chief", "", "TH-23", "แหลมงอบ"),
        ("นายอำเภอ", "district chief", "", "", ""),
        ("พัฒนาการจังหวัดตราด", "provincial head", "สำนักงานพัฒนาชุมชนจังหวัดตราด", "TH-23", ""),
        ("นายแพทย์สาธารณสุขจังหวัดระยอง", "provincial head", "สำนักงานสาธารณสุขจังหวัดระยอง", "TH-21", ""),
        ("เกษตรอำเภอเขาสมิง", "district head", "สำนักงานเกษตรอำเภอเขาสมิง", "", "เขาสมิง"),
        ("ปลัดจังหวัด", "provincial chief administrator", "", "", ""),
        ("นายก อบจ.ชลบุรี", "provincial administration president", "องค์การบริหารส่วนจังหวัดชลบุรี", "TH-20", ""),
        ("นายก อบต.วังใหม่", "subdistrict administration president", "องค์การบริหารส่วนตำบลวังใหม่", "", ""),
        ("รองนายกเทศมนตรีเมืองตราด", "deputy mayor", "เทศบาลเมืองตราด", "TH-23", ""),
        ("หัวหน้าผู้ตรวจราชการกระทรวงอุตสาหกรรม", "inspector-general", "กระทรวงอุตสาหกรรม", "", ""),
        ("ที่ปรึกษา รมว.เกษตรฯ", "adviser", AGRI, "", ""),
        ("ประธานกรรมการคุ้มครองเด็กแห่งชาติ", "chair", "คณะกรรมการคุ้มครองเด็กแห่งชาติ", "", ""),
        ("โฆษกกระทรวงแรงงาน (ฝ่ายการเมือง)", "spokesperson", "กระทรวงแรงงาน", "", ""),
        ("ผบ.ตร.", "commissioner-general", "สำนักงานตำรวจแห่งชาติ", "", ""),
        ("ทสจ.ตราด", "director", "สำนักงานทรัพยากรธรรมชาติและสิ่งแวดล้อมจังหวัดตราด", "TH-23", ""),
        ("ผอ.ทสจ.จันทบุรี", "director", "สำนักงานทรัพยากรธรรมชาติและสิ่งแวดล้อมจังหวัดจันทบุรี", "TH-22", ""),
        ("ผบก.ภ.จว.ตราด", "police commander", "ตำรวจภูธรจังหวัดตราด", "TH-23", ""),
        ("รอง ผบก.ภ.จว.เลย", "deputy police commander", "ตำรวจภูธรจังหวัดเลย", "TH-42", ""),
        ("ผกก.สภ.เมืองตราด", "police superintendent", "สถานีตำรวจภูธรเมืองตราด", "TH-23", ""),
        ("ผกก.ตม.จว.ตราด", "police superintendent", "ตรวจคนเข้าเมืองจังหวัดตราด", "TH-23", ""),
        ("นายกเหล่ากาชาดจังหวัดตรัง", "red cross chapter president", "เหล่ากาชาดจังหวัดตรัง", "TH-92", ""),
        ("หัวหน้าสำนักงาน ปภ.จังหวัดตราด", "provincial head", "สำนักงานป้องกันและบรรเทาสาธารณภัยจังหวัดตราด", "TH-23", ""),
        ("อัยการจังหวัดตราด", "provincial prosecutor", "สำนักงานอัยการจังหวัดตราด", "TH-23", ""),
        ("เจ้าคณะจังหวัดตราด", "provincial monastic head", "", "TH-23", ""),
        ("รองอธิบดีกรมประมง (ฝ่ายดำเนินงาน)", "deputy director-general", "กรมประมง", "", ""),
        ("รองอธิบดีกรมประมง ฝ่ายดำเนินงาน", "deputy director-general", "กรมประมง", "", ""),
        ("รอง ผอ.รมน.จังหวัดตราด", "deputy director", "กอ.รมน.จังหวัดตราด", "TH-23", ""),
        ("รอง ผอ.รมน.จังหวัดตราด (ท)", "deputy director", "กอ.รมน.จังหวัดตราด", "TH-23", ""),
        ("รอง ผอ.รมน.จังหวัด ฝ่ายทหาร", "deputy director", "", "", ""),
        ("กำนันตำบลห้วงน้ำขาว อำเภอเมืองตราด จังหวัดตราด", "subdistrict headman", "", "TH-23", "เมืองตราด"),
        ("กำนันตำบลห้วงน้ำขาว", "subdistrict headman", "", "", ""),
        ("ผู้อำนวยการแขวงทางหลวงชนบทตรัง", "director", "แขวงทางหลวงชนบทตรัง", "TH-92", ""),
        ("ผู้อำนวยการงานช่างจันทบุรี", "director", "", "TH-22", ""),
    ],
)
def test_office_is_read(text: str, grade: str, body: str, area: str, district: str) -> None:
    assert read_office(text) == Office(grade, body, area=area, district=district)


@pytest.mark.parametrize(
    "text",
    [
        "หัวหน้าส่วนราชการ", "ผู้บริหารกระทรวงมหาดไทย", "องคมนตรี", "รองฯ", "ปลัด", "นายก", "เลขา", "รัฐมนตรีว่าการกระท",
        # Classes, and several areas in one text.
        "ผู้ว่าราชการจังหวัดภาคใต้", "ผู้ว่าฯ ขอนแก่น-กาฬสินธุ์", "ผู้ว่าราชการจังหวัดปัตตานี ยะลา นราธิวาส", "นายอำเภอประจำจังหวัด",
        "อัยการจังหวัดประจำสำนักงานอัยการสูงสุด", "อัยการจังหวัดคุ้มครองสิทธิและช่วยเหลือทางกฎหมายจังหวัดตราด",
        # Words that begin like an office.
        "ปลอดประสพ", "กำกับดูแล",
    ],
)  # fmt: skip
def test_what_is_no_sure_office_is_not_read(text: str) -> None:
    assert read_office(text) is None


@given(st.text(max_size=30) | st.lists(st.sampled_from(PIECES.split())).map("".join))
@settings(deadline=None)
def test_any_text_is_read_or_refused(text: str) -> None:
    office = read_office(text)
    assert office is None or (office.grade and isinstance(identify_office(office, text), str))


def test_bodies_go_by_official_names() -> None:
    assert find_ministry("เกษตรฯ") == find_ministry("กระทรวงเกษตร และสหกรณ์") == find_ministry("ก.เกษตรฯ") == AGRI
    assert find_agency("ธกส.") == find_agency("ธนาคาร ธ.ก.ส.") == "ธนาคารเพื่อการเกษตรและสหกรณ์การเกษตร"
    assert find_agency("กระทรวง พม.") == "กระทรวงการพัฒนาสังคมและความมั่นคงของมนุษย์"
    assert find_agency("สำนักงาน ป.ป.ส.") == NARCOTICS
    # Alone these words mean other things, and of abbreviations with several meanings none is chosen.
    assert [find_agency(text) for text in ("เกษตร", "คลัง", "กก.", "พช.", "ทช.", "กรม ธ.ก.ส.", "ก", "")] == [""] * 8
    assert find_agency("พช.", in_office=True) == "กรมการพัฒนาชุมชน"


def test_offices_are_one_if_they_say_the_same_and_not_if_people_share_them() -> None:
    def same(one: str, other: str) -> bool:
        offices = read_office(one), read_office(other)
        assert offices[0] and offices[1]
        return identify_office(offices[0], one) == identify_office(offices[1], other)

    assert same("รมว.ทส.", "รัฐมนตรีว่าการกระทรวงทรัพยากรธรรมชาติและสิ่งแวดล้อม")
    assert same("มท.1", "รมว.มหาดไทย") and same("ผวจ.เลย", "ผู้ว่าราชการจังหวัดเลย")
    assert not same("ผู้ว่าราชการจังหวัดเลย", "รองผู้ว่าราชการจังหวัดเลย")
    assert not same("มท.2", "มท.3") and not same("ที่ปรึกษา รมว.เกษตรฯ", "ที่ปรึกษา รมช.เกษตรฯ")
    assert not same("รอง ผอ.รมน.จังหวัดตราด (ท)", "รอง ผอ.รมน.จังหวัดตราด (พ)")
    assert not same("ผู้อำนวยการงานช่างจันทบุรี", "ผู้อำนวยการงานสวนจันทบุรี")
    assert not same("ผู้อำนวยการงานช่างตราด", "ผู้อำนวยการงานสวนตราด") and not same("นายกฯ สิงคโปร์", "นายกรัฐมนตรี")
    assert is_shared(Office("acting deputy inspector")) and not is_shared(Office("deputy minister"))


LABELS = {"P": "PERSON", "O": "POSITION", "E": "EVENT"}


def hold(marked: str, links: str = "holds_position P1 O1") -> dict[str, str]:
    """The holders of `[O2 positions]` that stand alone, by the mentions of persons."""
    text, entities, end = "", [], 0
    for found in re.finditer(r"\[([POE])(\d) ([^\]]+)\]", marked):
        text += marked[end : found.start()]
        entities.append(Entity(found[1] + found[2], LABELS[found[1]], len(text), len(text) + len(found[3])))
        text, end = text + found[3], found.end()
    relations = tuple(Relation(*link.split()) for link in links.split(","))
    document = Document("d", text + marked[end:], tuple(entities), relations)
    return find_holders(
        document, persons=identify_persons(document), offices=read_offices(document, find_province=lambda: None)
    )


GOVERNOR = "[P1 นายสมมุติ ใจดี] [O1 ผู้ว่าราชการจังหวัดตราด] เปิดงาน\n"
MINISTER = "[P1 นายสมมุติ ใจดี] [O1 รัฐมนตรีช่วยว่าการกระทรวงเกษตรและสหกรณ์] เปิดงาน\n"


@pytest.mark.parametrize(
    "marked",
    [
        GOVERNOR + "[O2 ผู้ว่าราชการจังหวัดตราด] กล่าวว่า",
        GOVERNOR + "[O2 ผู้ว่าฯ] กล่าวว่า",
        GOVERNOR + "[O2 ผวจ.ตราด] ในฐานะประธานกล่าวว่า",
        GOVERNOR + "จากนั้น [O2 ผู้ว่าราชการจังหวัด] มอบเงิน [O3 นายอำเภอ]",
        MINISTER + "[O2 รมช.เกษตรฯ] กล่าวว่า",
        MINISTER + "[O2 รมช.] กล่าวว่า",
        "[P1 นายสมมุติ ใจดี] [O1 รมว.มหาดไทย] พบ [P2 สมมุติ] แล้ว [O2 มท.1] กล่าวว่า",
        "[P1 สมมุติ] [O1 นายกฯ] ตอบ [O3 นายกฯ สิงคโปร์] [O2 นายกรัฐมนตรี] กล่าวว่า",
    ],
)
def test_office_alone_is_the_one_who_holds_it(marked: str) -> None:
    assert hold(marked) == {"O2": "P1"}


@pytest.mark.parametrize(
    "marked",
    [
        # Another office, of another place, of another time.
        GOVERNOR + "[O2 รองผู้ว่าราชการจังหวัดตราด] กล่าวว่า",
        GOVERNOR + "[O2 ผู้ว่าราชการจังหวัดเลย] กล่าวว่า",
        GOVERNOR + "[O2 อดีตผู้ว่าราชการจังหวัดตราด] กล่าวว่า",
        GOVERNOR + "[O2 รักษาราชการแทนผู้ว่าราชการจังหวัดตราด] กล่าวว่า",
        # Two whom it could mean.
        GOVERNOR + "พบ [O3 ผู้ว่าราชการจังหวัดเลย] [O2 ผู้ว่าฯ] กล่าวว่า",
        # Classes of holders.
        GOVERNOR + "กำชับ[O2 ผู้ว่าราชการจังหวัด]ทุกจังหวัด",
        GOVERNOR + "กำชับ[O2 ผู้ว่าราชการจังหวัด] 76 จังหวัด",
        GOVERNOR + "อำนาจของ[O2 ผู้ว่าราชการจังหวัด]",
        GOVERNOR + "[O2 ผู้ว่าราชการจังหวัด] [O3 นายอำเภอ] และกำนัน",
        "[P1 นายสมมุติ ใจดี] [O1 รมว.มหาดไทย] ส่ง [O2 รัฐมนตรี] ไป",
        "[P1 นายสมมุติ ใจดี] [O1 นายอำเภอ] พบ [O2 นายอำเภอ]",
        "[P1 นายสมมุติ ใจดี] [O1 ที่ปรึกษา รมว.เกษตรฯ] พบ [O2 ที่ปรึกษา รมว.เกษตรฯ]",
        "[P1 นายสมมุติ ใจดี] [O1 มท.2] พบ [O2 มท.3]",
        "[P1 นายสมมุติ ใจดี] [O1 ผู้อำนวยการงานช่างจันทบุรี] พบ [O2 ผู้อำนวยการงานสวนจันทบุรี]",
        "[P1 นายสมมุติ ใจดี] [O1 รองอธิบดีกรมประมง ฝ่ายวิชาการ] พบ [O2 รองอธิบดีกรมประมง ฝ่ายบริหาร]",
        # Somebody else's, and a name beside it.
        GOVERNOR + "ผู้แทน[O2 ผู้ว่าราชการจังหวัดตราด] กล่าวว่า",
        GOVERNOR + "[P2 นายมานะ มีสุข] [O2 ผู้ว่าราชการจังหวัดตราด] กล่าวว่า",
        GOVERNOR + "[O2 ผู้ว่าราชการจังหวัดตราด] [P2 นายมานะ มีสุข] กล่าวว่า",
        # Before its holder is named.
        "[O2 ผู้ว่าราชการจังหวัดตราด] เปิดงาน " + GOVERNOR,
    ],
)
def test_office_that_could_be_anothers_is_nobodys(marked: str) -> None:
    assert hold(marked) == {}


def test_two_holders_or_two_parts_in_one_event_keep_an_office_apart() -> None:
    two = GOVERNOR + "[P2 นายมานะ มีสุข] [O3 ผู้ว่าราชการจังหวัดตราด] คนก่อน [O2 ผู้ว่าฯ] กล่าวว่า"
    assert hold(two, "holds_position P1 O1,holds_position P2 O3") == {}
    event = GOVERNOR + "พบ [O2 ผู้ว่าฯ] ใน[E1 การประชุม]"
    assert hold(event, "holds_position P1 O1,chairs P1 E1,participates O2 E1") == {}
    assert hold(event, "holds_position P1 O1,participates O2 E1") == {"O2": "P1"}


def test_five_thousand_offices_take_well_under_a_second() -> None:
    marks, links = [], []
    for at in range(2500):
        marks += [("PERSON", f"นายสมมุติ ใจดี{at}"), ("POSITION", f"ผู้อำนวยการกองที่ {at % 50}")]
        links.append(Relation("holds_position", f"T{2 * at}", f"T{2 * at + 1}"))
    text, entities = "", []
    for at, (label, words) in enumerate(marks):
        entities.append(Entity(f"T{at}", label, len(text), len(text) + len(words)))
        text += words + " "
    document = Document("d", text, tuple(entities), tuple(links[::2]))
    start = time.process_time()
    find_holders(
        document, persons=identify_persons(document), offices=read_offices(document, find_province=lambda: None)
    )
    assert time.process_time() - start < 1.5
