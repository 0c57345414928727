"""Bodies are joined over their short and misspelt names, and only where one body alone can be meant."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marked_text import read_marked

from thaigov_events.annotations import Document, Entity
from thaigov_events.inference.bodies import identify_bodies, write_body

LONG = "คณะกรรมการสานพลังชุมชนเข้มแข็ง"


def read(marked: str, links: str = "") -> Document:
    return read_marked(marked, ", ".join(f"has_code {link}" for link in links.split(",") if link))


def group(marked: str, links: str = "") -> list[int]:
    """For each mention, in the order of the text, the number of the first that names the same body."""
    document = read(marked, links)
    bodies = identify_bodies(document)
    found = [(entity.label, bodies[entity.id]) for entity in document.entities]
    return [found.index(body) for body in found]


@pytest.mark.parametrize(
    "marked",
    [
        "[G1 กรมการพัฒนาชุมชน] ([G2 พช.]) กับ [G3 พช] และ [G4 กรมการพัฒนาชุมชน]",
        "[G1 พช.] ทำงาน [G2 กรมการพัฒนาชุมชน] หรือ ( [G3 พช.] )",
        "[G1 กองทุนหมู่บ้านรุ่งเรือง (กมร.)] และ [G2 กมร.]",
        "[G1 ศูนย์ประสานงานกลาง] (“[G2 ศปก.]”) โดย [G3 ศปก.]",
        "[G1 สำนักงานส่งเสริมสวน] ([G2 SPO]) โดย [G3 SPO]",
        "[G1 กระทรวงเกษตรฯ] หรือ [G2 กระทรวงเกษตรและสหกรณ์] หรือ [G3 กษ.]",
        "[G1 ธ.ก.ส.] คือ [G2 ธนาคารเพื่อการเกษตรและสหกรณ์การเกษตร] คือ [G3 ธกส.]",
        "[G1 กรมสวน กระทรวงเกษตรและสหกรณ์] โดย [G2 กรมสวน]",
        "[G1 สหกรณ์การเกษตรสมมุติ จำกัด] โดย [G2 สหกรณ์การเกษตรสมมุติฯ]",
        # In the text an abbreviation has the meaning that the text gives it.
        "[G1 สมาคมมะพร้าวทอง] ([G2 มท.]) โดย [G3 มท.]",
    ],
)
def test_agency_and_its_short_names_are_one(marked: str) -> None:
    assert set(group(marked)) == {0}


@pytest.mark.parametrize(
    ("marked", "groups"),
    [
        # No brackets, no definition; a unit of another name in brackets; letters that the name does not have.
        ("[G1 กรมการพัฒนาชุมชน] และ [G2 พช.]", [0, 1]),
        ("[G1 สำนักงานสวน] ([G2 กรมป่า]) และ [G3 กรมป่า]", [0, 1, 1]),
        ("[G1 กรมการพัฒนาชุมชน] ([G2 ทส.])", [0, 1]),
        # One abbreviation for two.
        ("[G1 กรมทางหลวงชนบท] ([G2 ทช.]) [G3 กรมทรัพยากรทางทะเลและชายฝั่ง] ([G4 ทช.]) [G5 ทช.]", [0, 1, 2, 1, 1]),
        # One unit of two parents, and what a name cut off could stand for.
        ("[G1 กองกลาง กรมสวน] [G2 กองกลาง กรมป่า] [G3 กองกลาง]", [0, 1, 2]),
        ("[G1 กองทุนหมู่บ้านก] และ [G2 กองทุนหมู่บ้านฯ]", [0, 1]),
        ("[G1 สหกรณ์การเกษตรสมมุติ จำกัด] [G2 สหกรณ์การเกษตรรุ่งเรือง จำกัด] [G3 สหกรณ์การเกษตรฯ]", [0, 1, 2]),
        ("[G1 สหกรณ์การเกษตรฯ] ก่อน [G2 สหกรณ์การเกษตรสมมุติ จำกัด]", [0, 1]),
        # Agencies are not mended, and not cut off without a mark.
        ("[G1 สำนักงานเกษตรอำเภอสมมุติ] [G2 สำนักงานเกษตรอำเภอสมมุด]", [0, 1]),
        ("[G1 มหาวิทยาลัยราชภัฏสมมุติ] [G2 มหาวิทยาลัยราชภัฏ]", [0, 1]),
        ("[G1 คลัง] และ [G2 กระทรวงการคลัง]", [0, 1]),
    ],
)
def test_agencies_that_could_be_two_stay_apart(marked: str, groups: list[int]) -> None:
    assert group(marked) == groups


@pytest.mark.parametrize(
    "marked",
    [
        f"[C1 {LONG}] และ [C2 คณะกรรมการสานพลังฯ]",
        f"[C1 คณะกรรมการสานพลังฯ] คือ [C2 {LONG}]",
        f"[C1 {LONG}ให้ก้าวหน้า] แล้ว [C2 {LONG}]",
        f"[C1 คกก.สานพลังชุมชนเข้มแข็ง] คือ [C2 {LONG}]",
        "[C1 คณะอนุกรรมการช่วยเหลือ และที่เกินอำนาจของจังหวัด คณะที่ ๑] [C2 คณะอนุกรรมการช่วยเหลือฯ คณะที่ ๑]",
        "[C1 คณะกรรมการสานพลังชุมชนเข้มแข็งจังหวัดตราด] [C2 คณะกรรมการสานพลังชุมชนเข็มแข็งจังหวัดตราด]",
        f"[C1 {LONG} (คสช.)] คือ [C2 {LONG}]",
        "[C1 คณะอนุกรรมการ(ประจำ)ภาคเหนือ] คือ [C2 คณะอนุกรรมการประจำภาคเหนือ]",
        "[C1 คณะอนุกรรมการประจำภาคเหนือ] คือ [C2 คณะอนุกรรมการ (ประจำ) ภาคเหนือ]",
        "[C1 คณะอนุกรรมการ(ประจำ)ภาคเหนือ] คือ [C2 คณะอนุกรรมการภาคเหนือ]",
    ],
)
def test_committee_and_its_short_and_misspelt_names_are_one(marked: str) -> None:
    assert set(group(marked)) == {0}


@pytest.mark.parametrize(
    ("marked", "groups"),
    [
        # Numbers, places and levels tell committees apart.
        ("[C1 คณะกรรมการสานพลังชุมชน คณะที่ ๑] [C2 คณะกรรมการสานพลังชุมชน คณะที่ ๒]", [0, 1]),
        ("[C1 คณะกรรมการสานพลังชุมชนเข้มแข็งจังหวัดระยอง] [C2 คณะกรรมการสานพลังชุมชนเข้มแข็งจังหวัดระนอง]", [0, 1]),
        ("[C1 คณะกรรมการสานพลังชุมชนเข้มแข็งบ้านก] [C2 คณะกรรมการสานพลังชุมชนเข้มแข็งบ้านข]", [0, 1]),
        (f"[C1 {LONG}จังหวัดตราด] [C2 {LONG}]", [0, 1]),
        (f"[C1 {LONG}แห่งชาติ] [C2 {LONG}]", [0, 1]),
        ("[C1 คณะกรรมการโรคติดต่อจังหวัดตราด] [C2 คณะกรรมการโรคติดต่อจังหวัด]", [0, 1]),
        ("[C1 คณะกรรมการสานพลังชุมชน คณะที่ ๑] [C2 คณะกรรมการสานพลังฯ]", [0, 1]),
        # Another kind of body, two bodies that fit, and a short name before the long one.
        ("[C1 คณะกรรมการสานพลังชุมชนเข้มแข็ง] [C2 คณะอนุกรรมการสานพลังชุมชนเข้มแข็ง]", [0, 1]),
        ("[C1 คณะกรรมการสานพลังชุมชน] [C2 คณะกรรมการสานพลังเยาวชน] [C3 คณะกรรมการสานพลังฯ]", [0, 1, 2]),
        (f"[C1 {LONG}] ก่อน [C2 {LONG}ให้ก้าวหน้า]", [0, 1]),
        ("[C1 คณะกรรมการน้ำ] [C2 คณะกรรมการป้ำ]", [0, 1]),
        # A word in brackets where both names stand, of another place, and at the end.
        ("[C1 คณะ(อนุ)กรรมการภาคเหนือ] [C2 คณะอนุกรรมการภาคเหนือ] [C3 คณะกรรมการภาคเหนือ]", [0, 1, 2]),
        ("[C1 คณะอนุกรรมการ(ประจำ)ภาคเหนือ] [C2 คณะอนุกรรมการประจำภาคใต้]", [0, 1]),
        ("[C1 คณะอนุกรรมการกองทุนฟื้นฟู (ภาคกลาง)] [C2 คณะอนุกรรมการกองทุนฟื้นฟู (ภาคใต้)]", [0, 1]),
        # Two slips, and one slip that could be of two names.
        (f"[C1 {LONG}] [C2 คณะกรรมการสานพรังชุมชนเข็มแข็ง]", [0, 1]),
        (f"[C1 {LONG}] [C2 {LONG[:-1]}] [C3 {LONG}ง]", [0, 1, 2]),
    ],
)
def test_committees_that_could_be_two_stay_apart(marked: str, groups: list[int]) -> None:
    assert group(marked) == groups


@pytest.mark.parametrize(
    ("marked", "links", "groups"),
    [
        (f"[C1 {LONG}] ([K1 คสป.]) [K2 คปส.]", "C1 K1", [0, 1, 1]),
        (f"[K1 คปส.] คือ [C1 {LONG}] ([K2 คสป.])", "C1 K2", [0, 1, 0]),
        (f"[C1 {LONG}] ([K1 คสพข.]) โดย [K2 คสขพ] โดย [K3 คสพข]", "C1 K1", [0, 1, 1, 1]),
        (f"[C1 {LONG}] ([K1 กสพลข.]) [K2 กสพลลข.]", "C1 K1", [0, 1, 1]),
        # One letter of three, the first or the last letter, digits, and too few letters.
        (f"[C1 {LONG}] ([K1 กนช.]) [K2 กนป.]", "C1 K1", [0, 1, 2]),
        (f"[C1 {LONG}] ([K1 กพยช.]) [K2 กพยจ.]", "C1 K1", [0, 1, 2]),
        (f"[C1 {LONG}] ([K1 กศจช.]) [K2 อกศจช.]", "C1 K1", [0, 1, 2]),
        (f"[C1 {LONG}] ([K1 E12]) [K2 E21]", "C1 K1", [0, 1, 2]),
        (f"[C1 {LONG}] ([K1 กบ.]) [K2 บก.]", "C1 K1", [0, 1, 2]),
        # Each with its own name, both in one list, and one slip of two codes.
        (f"[C1 {LONG}] ([K1 คสป.]) [C2 คณะทำงานป่าสวย] ([K2 คปส.])", "C1 K1,C2 K2", [0, 1, 2, 3]),
        (f"[C1 {LONG}] ([K1 คสป.]) [K2 คสป.] และ [K3 คปส.]", "C1 K1", [0, 1, 1, 3]),
        (f"[C1 {LONG}] ([K1 คสปข.]) [K2 คปสข.] โดย [K3 คสขป.] โดย [K4 ขคสป.]", "C1 K1", [0, 1, 2, 3, 4]),
        # A bare `จังหวัด` is the only province that follows it, of the same committee.
        ("[K1 กรอ.จังหวัดสมุทรสงคราม] แล้ว [K2 กรอ.จังหวัด]", "", [0, 0]),
        ("[K1 กรอ.จังหวัด] ต่อไป [K2 กรอ.จังหวัดตาก] กับ [K3 กรอ.กลุ่มจังหวัด]", "", [0, 0, 2]),
        ("[K1 กรอ.จังหวัดตาก] แล้ว [K2 กรอ.จังหวัดสมุทรสงคราม] แล้ว [K3 กรอ.จังหวัด]", "", [0, 1, 2]),
        ("[K1 กรอ.จังหวัดใหม่] แล้ว [K2 กรอ.จังหวัด]", "", [0, 1]),
        ("[C1 คณะกรรมการก] ([K1 กรอ.จังหวัดตาก]) [C2 คณะกรรมการข] ([K2 กรอ.จังหวัด])", "C1 K1,C2 K2", [0, 1, 2, 3]),
        # Dots tell codes apart.
        ("[K1 ก.ตร.] กับ [K2 กตร.] กับ [K3 ก.ตร]", "", [0, 1, 0]),
    ],
)
def test_misspelt_code_is_the_one_code_that_it_can_be(marked: str, links: str, groups: list[int]) -> None:
    assert group(marked, links) == groups


def test_name_from_one_mention() -> None:
    assert write_body("ORGANIZATION", "กระทรวง พม.") == "กระทรวงการพัฒนาสังคมและความมั่นคงของมนุษย์"
    assert write_body("ORGANIZATION", "บริษัท สมมุติ จำกัด (มหาชน)") == "บริษัทสมมุติจำกัด(มหาชน)"
    assert write_body("COMMITTEE", "คกก.น้ำ (กนน.)") == "คณะกรรมการน้ำ"
    assert write_body("COMMITTEE_CODE", "ก.น้ำ.") == "ก.น้ำ"


@given(
    st.lists(st.tuples(st.sampled_from("GCK"), st.text("กขคสป.ฯ( )คณะกรรมการ", min_size=1, max_size=12)), max_size=12)
)
@settings(deadline=None)
def test_any_mentions_get_one_body_each(mentions: list[tuple[str, str]]) -> None:
    named = [(label, words.strip()) for label, words in mentions if words.strip()]
    document = read(" ".join(f"[{label}{at % 10} {words}]" for at, (label, words) in enumerate(named[:10])))
    assert identify_bodies(document).keys() == {entity.id for entity in document.entities}


def test_five_thousand_bodies_take_well_under_a_second() -> None:
    names = [f"คณะกรรมการส่งเสริมและพัฒนา{'กขคงจ'[at % 5]}{at}{'ฯ' if at % 3 else ''}" for at in range(2500)]
    text, entities = "", []
    for at, words in enumerate([*names, *(name.replace("คณะกรรมการ", "กรม") for name in names)]):
        label = "COMMITTEE" if at < 2500 else "ORGANIZATION"
        entities.append(Entity(f"T{at}", label, len(text), len(text) + len(words)))
        text += words + " "
    start = time.process_time()
    identify_bodies(Document("d", text, tuple(entities)))
    assert time.process_time() - start < 1.5
