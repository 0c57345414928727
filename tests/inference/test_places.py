"""Provinces, districts and sub-districts, and provinces inside longer names."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thaigov_events.inference.places import Place, Province, find_provinces, list_provinces, read_place
from thaigov_events.inference.reading import UnreadableError

PROVINCES = list_provinces()


def test_the_77_provinces_have_different_names_and_codes() -> None:
    assert len(PROVINCES) == len({p.code for p in PROVINCES}) == len({p.thai for p in PROVINCES}) == 77
    assert len({p.english for p in PROVINCES}) == 77
    assert all(re.fullmatch(r"TH-[1-9][0-9]", province.code) for province in PROVINCES)
    assert (PROVINCES[0].code, PROVINCES[-1].code) == ("TH-10", "TH-96")


@pytest.mark.parametrize(
    ("thai", "english", "code"),
    [
        ("กรุงเทพมหานคร", "Bangkok", "TH-10"),
        ("พระนครศรีอยุธยา", "Phra Nakhon Si Ayutthaya", "TH-14"),
        ("ตราด", "Trat", "TH-23"),
        ("นครราชสีมา", "Nakhon Ratchasima", "TH-30"),
        ("บึงกาฬ", "Bueng Kan", "TH-38"),
        ("หนองบัวลำภู", "Nong Bua Lam Phu", "TH-39"),
        ("เชียงใหม่", "Chiang Mai", "TH-50"),
        ("นครสวรรค์", "Nakhon Sawan", "TH-60"),
        ("ราชบุรี", "Ratchaburi", "TH-70"),
        ("นครศรีธรรมราช", "Nakhon Si Thammarat", "TH-80"),
        ("สงขลา", "Songkhla", "TH-90"),
        ("นราธิวาส", "Narathiwat", "TH-96"),
    ],
)
def test_codes(thai: str, english: str, code: str) -> None:
    assert Province(thai, english, code) in PROVINCES


@pytest.mark.parametrize("province", PROVINCES, ids=lambda province: province.code)
def test_every_province_is_read_in_all_its_forms(province: Province) -> None:
    place = Place(province.thai, province.code)
    for form in ("{}", "จังหวัด{}", "จังหวัด {}", "จ.{}", "จ. {}", "เทศบาลเมือง{}"):
        assert read_place(form.format(province.thai)) == place
    assert read_place(f"อำเภอเมือง{province.thai}") == Place(province.thai, province.code, f"เมือง{province.thai}")
    assert find_provinces(f"ผู้ว่าราชการจังหวัด{province.thai}") == (province,)
    assert find_provinces(f"สำนักงานพัฒนาชุมชนจังหวัด{province.thai} กรมการพัฒนาชุมชน") == (province,)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("กทม.", Place("กรุงเทพมหานคร", "TH-10")),
        ("กรุงเทพฯ", Place("กรุงเทพมหานคร", "TH-10")),
        ("กรุงเทพ ฯ", Place("กรุงเทพมหานคร", "TH-10")),
        ("โคราช", Place("นครราชสีมา", "TH-30")),
        ("จ.อยุธยา", Place("พระนครศรีอยุธยา", "TH-14")),
        ("จ.สุพรรณฯ", Place("สุพรรณบุรี", "TH-72")),
        ("สฎ.", Place("สุราษฎร์ธานี", "TH-84")),
        ("เเพร่", Place("แพร่", "TH-54")),
        ("หนองบัวลําภู", Place("หนองบัวลำภู", "TH-39")),
        ("อ.คลองหลวง", Place(district="คลองหลวง")),
        ("อำเภอเมือง", Place(district="เมือง")),
        ("อําเภอเมือง", Place(district="เมือง")),
        ("อ. เมือง", Place(district="เมือง")),
        ("อ.พระนครศรีอยุธยา", Place("พระนครศรีอยุธยา", "TH-14", "พระนครศรีอยุธยา")),
        ("ตำบลบางพลี", Place(subdistrict="บางพลี")),
        ("ต.ตำบลบางพลี", Place(subdistrict="บางพลี")),
        ("อำเภอเมือง จังหวัดตราด", Place("ตราด", "TH-23", "เมือง")),
        ("ต.คลองสอง อ.คลองหลวง จ.ปทุมธานี", Place("ปทุมธานี", "TH-13", "คลองหลวง", "คลองสอง")),
        ("ตำบลคลองสองอำเภอคลองหลวงจังหวัดปทุมธานี", Place("ปทุมธานี", "TH-13", "คลองหลวง", "คลองสอง")),
        ("หมู่ที่ 5 ตำบลคลองสอง อำเภอคลองหลวง", Place(None, None, "คลองหลวง", "คลองสอง")),
        ("ตำบลคลองสอง จังหวัดปทุมธานี", Place("ปทุมธานี", "TH-13", None, "คลองสอง")),
        ("เขตบางรัก", Place("กรุงเทพมหานคร", "TH-10", "บางรัก")),
        ("แขวงสีลม", Place("กรุงเทพมหานคร", "TH-10", None, "สีลม")),
        ("แขวงสีลม เขตบางรัก กรุงเทพมหานคร", Place("กรุงเทพมหานคร", "TH-10", "บางรัก", "สีลม")),
        ("เทศบาลนครโคราช", Place("นครราชสีมา", "TH-30")),
        ("เมืองเก่าตาก", Place("ตาก", "TH-63")),
        ("ประเทศไทย", None),
        ("ภาคเหนือ", None),
        ("จังหวัดชายแดนภาคใต้", None),
        ("กลุ่มจังหวัดภาคเหนือตอนบน 2", None),
        ("3 จังหวัดชายแดนใต้", None),
        ("บ้านโป่งนาคำ หมู่ที่ 4", None),
        ("หมู่ 13", None),
        ("ถนนเพชรบุรี", None),
        ("แม่น้ำน่าน", None),
        ("เขตตรวจราชการที่ 4", None),
        ("เขตเศรษฐกิจพิเศษภาคตะวันออก", None),
        ("แขวงสะหวันนะเขต", None),
        ("แขวงทางหลวงตาก", None),
        ("มห.3015", None),
        ("เมืองพัทยา", None),
        ("", None),
    ],
)
def test_places(text: str, expected: Place | None) -> None:
    assert read_place(text) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("จังหวัดลางเคอ", "unknown province"),
        ("อำเภอเมือง จังหวัดลางเคอ", "unknown province"),
        ("จังหวัดเชียงใหม่และลำพูน", "more than one place"),
        ("อำเภอแม่สายและอำเภอแม่จัน", "more than one place"),
    ],
)
def test_doubtful_places_are_refused(text: str, reason: str) -> None:
    with pytest.raises(UnreadableError) as refusal:
        read_place(text)
    assert str(refusal.value) == reason


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("ศาลากลางจังหวัดตาก", "ตาก"),
        ("ผู้ว่าฯ ตาก", "ตาก"),
        ("ผวจ.เลย", "เลย"),
        ("นายก อบจ.แพร่", "แพร่"),
        ("ท่าอากาศยานน่าน", "น่าน"),
        ("เทศบาลนครตรัง", "ตรัง"),
        ("มหาวิทยาลัยราชภัฏนครปฐม", "นครปฐม"),
        ("โรงพยาบาลเชียงราย", "เชียงราย"),
        ("พช.อยุธยา", "พระนครศรีอยุธยา"),
        ("ปลัดกรุงเทพมหานคร", "กรุงเทพมหานคร"),
        ("สำนักงานพัฒนาชุมชนจังหวัดพระนครศรีอยุธยา", "พระนครศรีอยุธยา"),
        ("องค์การบริหารส่วนจังหวัดนครศรีธรรมราช", "นครศรีธรรมราช"),
        ("คณะกรรมการจังหวัดกำแพงเพชร", "กำแพงเพชร"),
        ("รองผู้ว่าราชการจังหวัดศรีษะเกษ", "ศรีสะเกษ"),
        ("ผู้ว่าราชการจังหวัดเชียงราย พะเยา แพร่ และจังหวัดน่าน", "เชียงราย พะเยา แพร่ น่าน"),
        ("จังหวัดตาก สุโขทัย พิจิตร และตรัง", "ตาก สุโขทัย พิจิตร ตรัง"),
        ("จังหวัดเชียงใหม่ (เทศบาลนครเชียงใหม่)", "เชียงใหม่"),
        ("การแพร่ระบาดของโรค", ""),
        ("ค่าใช้จ่ายแก่จำเลยในคดีอาญา", ""),
        ("เครื่องหมาย “รักษ์ทะเลยิ่งชีพ”", ""),
        ("เมืองน่าอยู่น่านั่ง", ""),
        ("โครงการตรวจตราดูแล", ""),
        ("ตากแห้ง", ""),
        ("โรงพยาบาลตากสิน", ""),
        ("คณะกรรมการตรังสี", ""),
        ("ธนาคารกรุงศรีอยุธยา", ""),
        ("ธนาคารกรุงเทพ", ""),
        ("มหาวิทยาลัยสุโขทัยธรรมาธิราช", ""),
        ("มหาวิทยาลัยสงขลานครินทร์", ""),
        ("อาคารราชบุรีดิเรกฤทธิ์", ""),
        ("ห้องประชุมพระธาตุพนม", ""),
        ("มูลนิธิ ก ณ ระนอง", ""),
        ("ถนนเพชรบุรี", ""),
        ("สะพานข้ามแม่น้ำปัตตานี", ""),
        ("อำเภอตากใบ", ""),
        ("วันครบรอบหนึ่งร้อยเอ็ดปี", ""),
        ("กรมการปกครอง", ""),
    ],
)
def test_provinces_inside_longer_names(text: str, names: str) -> None:
    assert [province.thai for province in find_provinces(text)] == names.split()


@given(st.lists(st.sampled_from(PROVINCES), min_size=1, max_size=6, unique=True))
def test_a_list_after_a_head_is_found_in_order(provinces: list[Province]) -> None:
    assert find_provinces("จังหวัด" + " ".join(p.thai for p in provinces)) == tuple(provinces)
    assert find_provinces("จังหวัด" + " และจังหวัด".join(p.thai for p in provinces)) == tuple(provinces)


@given(st.text(alphabet="กขตราเลยน่แพรังจหวด. ณเมือง", max_size=30))
def test_any_text_is_searched(text: str) -> None:
    assert set(find_provinces(text)) <= set(PROVINCES)


def test_inconsistent_places_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="area"):
        Place()
    with pytest.raises(ValueError, match="3166"):
        Place(province="ตราด")
