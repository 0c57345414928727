"""Provinces, districts and sub-districts with their codes, and provinces inside longer names."""

from __future__ import annotations

import re
import subprocess
import sys

import geothai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thaigov_events.inference.gazetteer import Province, find_districts, find_subdistricts, list_provinces
from thaigov_events.inference.places import Place, find_local_area, find_provinces, read_place, settle_place
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


def test_iso_codes_end_in_the_dopa_codes_of_geothai() -> None:
    assert {(p.dopa_code, p.thai) for p in PROVINCES} == {(p.code, p.name_th) for p in geothai.provinces()}


def test_every_area_is_read_from_its_full_and_its_short_address() -> None:
    wrong = []
    for province in geothai.provinces():
        for district in geothai.districts(province.code):
            name = district.name_th.removeprefix("เขต")
            for row in geothai.subdistricts(district.code):
                below = row.name_th.split(" (")[0]
                if province.code == "10":
                    texts = [f"แขวง{below} เขต{name} กรุงเทพมหานคร", f"แขวง{below}เขต{name}"]
                else:
                    texts = [
                        f"ตำบล{below} อำเภอ{name} จังหวัด{province.name_th}",
                        f"ต.{below} อ.{name} จ.{province.name_th}",
                    ]
                iso = f"TH-{province.code}"
                expected = Place(province.name_th, iso, name, below, row.code)
                wrong += [text for text in texts if read_place(text) != expected]
    assert not wrong


def test_tables_are_not_read_on_import() -> None:
    code = "import sys, thaigov_events.inference.graph; print('geothai' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


@pytest.mark.parametrize("province", PROVINCES, ids=lambda province: province.code)
def test_every_province_is_read_in_all_its_forms(province: Province) -> None:
    place = Place(province.thai, province.code, dopa_code=province.code[-2:])
    for form in ("{}", "จังหวัด{}", "จังหวัด {}", "จ.{}", "จ. {}", "เทศบาลเมือง{}"):
        assert read_place(form.format(province.thai)) == place
    assert find_provinces(f"ผู้ว่าราชการจังหวัด{province.thai}") == (province,)
    assert find_provinces(f"สำนักงานพัฒนาชุมชนจังหวัด{province.thai} กรมการพัฒนาชุมชน") == (province,)


@pytest.mark.parametrize("province", PROVINCES[1:], ids=lambda province: province.code)
def test_the_capital_district_is_read_in_all_its_forms(province: Province) -> None:
    name = province.thai if province.code == "TH-14" else f"เมือง{province.thai}"
    place = Place(province.thai, province.code, name, dopa_code=f"{province.code[-2:]}01")
    for form in ("อำเภอเมือง{}", "อ.เมือง{}", "อำเภอเมือง จังหวัด{}", "อ. เมือง จ. {}", "อ.เมืองฯ จ.{}"):
        assert read_place(form.format(province.thai)) == place


TRAT = Place("ตราด", "TH-23", dopa_code="23")
NARATHIWAT = ("นราธิวาส", "TH-96")
PATHUM_THANI = ("ปทุมธานี", "TH-13")
BANGKOK = ("กรุงเทพมหานคร", "TH-10")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("กทม.", Place(*BANGKOK, dopa_code="10")),
        ("กรุงเทพฯ", Place(*BANGKOK, dopa_code="10")),
        ("กรุงเทพ ฯ", Place(*BANGKOK, dopa_code="10")),
        ("โคราช", Place("นครราชสีมา", "TH-30", dopa_code="30")),
        ("จ.อยุธยา", Place("พระนครศรีอยุธยา", "TH-14", dopa_code="14")),
        ("จ.สุพรรณฯ", Place("สุพรรณบุรี", "TH-72", dopa_code="72")),
        ("สฎ.", Place("สุราษฎร์ธานี", "TH-84", dopa_code="84")),
        ("เเพร่", Place("แพร่", "TH-54", dopa_code="54")),
        ("หนองบัวลําภู", Place("หนองบัวลำภู", "TH-39", dopa_code="39")),
        ("เทศบาลนครโคราช", Place("นครราชสีมา", "TH-30", dopa_code="30")),
        ("เมืองเก่าตาก", Place("ตาก", "TH-63", dopa_code="63")),
        ("อ.คลองหลวง", Place(*PATHUM_THANI, "คลองหลวง", dopa_code="1302")),
        ("กิ่งอำเภอเกาะกูด", Place("ตราด", "TH-23", "เกาะกูด", dopa_code="2306")),
        ("อำเภอสุไหงโกลก", Place(*NARATHIWAT, "สุไหงโก-ลก", dopa_code="9610")),
        ("อ.พระนครศรีอยุธยา", Place("พระนครศรีอยุธยา", "TH-14", "พระนครศรีอยุธยา", dopa_code="1401")),
        ("อ.เมืองอยุธยา", Place("พระนครศรีอยุธยา", "TH-14", "พระนครศรีอยุธยา", dopa_code="1401")),
        ("อ.เมืองสุราษฎร์", Place("สุราษฎร์ธานี", "TH-84", "เมืองสุราษฎร์ธานี", dopa_code="8401")),
        ("อำเภอเมือง จังหวัดตราด", Place("ตราด", "TH-23", "เมืองตราด", dopa_code="2301")),
        ("ต.คลองสอง อ.คลองหลวง จ.ปทุมธานี", Place(*PATHUM_THANI, "คลองหลวง", "คลองสอง", "130202")),
        ("ตำบลคลองสองอำเภอคลองหลวงจังหวัดปทุมธานี", Place(*PATHUM_THANI, "คลองหลวง", "คลองสอง", "130202")),
        ("หมู่ที่ 5 ตำบลคลองสอง อำเภอคลองหลวง", Place(*PATHUM_THANI, "คลองหลวง", "คลองสอง", "130202")),
        ("ตำบลคลองสอง จังหวัดปทุมธานี", Place(*PATHUM_THANI, "คลองหลวง", "คลองสอง", "130202")),
        ("ต.ตำบลคลองสอง", Place(*PATHUM_THANI, "คลองหลวง", "คลองสอง", "130202")),
        ("ต.ปอภาร", Place("ร้อยเอ็ด", "TH-45", "เมืองร้อยเอ็ด", "ปอภาร", "450109")),
        ("ต.จ.ป.ร.", Place("ระนอง", "TH-85", "กระบุรี", "จ.ป.ร.", "850406")),
        ("ตำบลและ อำเภอทุ่งช้าง", Place("น่าน", "TH-55", "ทุ่งช้าง", "และ", "550803")),
        ("เขตบางรัก", Place(*BANGKOK, "บางรัก", dopa_code="1004")),
        ("เขตราษฏร์บูรณะ", Place(*BANGKOK, "ราษฎร์บูรณะ", dopa_code="1024")),
        ("เขตจอมทอง", Place(*BANGKOK, "จอมทอง", dopa_code="1035")),
        ("อำเภอจอมทอง", Place("เชียงใหม่", "TH-50", "จอมทอง", dopa_code="5002")),
        ("แขวงสีลม", Place(*BANGKOK, "บางรัก", "สีลม", "100402")),
        ("แขวงสีลม เขตบางรัก กรุงเทพมหานคร", Place(*BANGKOK, "บางรัก", "สีลม", "100402")),
        ("แม่สอด", Place("ตาก", "TH-63", "แม่สอด", dopa_code="6306")),
        ("เมืองแม่สอด", Place("ตาก", "TH-63", "แม่สอด", dopa_code="6306")),
        ("กำแพงแสน", Place("นครปฐม", "TH-73", "กำแพงแสน", dopa_code="7302")),
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
        ("บ้านไผ่", None),
        ("สุวรรณภูมิ", None),
        ("ชนบท", None),
        ("บ่อทอง", None),
        ("เฉลิมพระเกียรติ", None),
        ("แม่สามแลบ", None),
        ("เมือง", None),
        ("", None),
    ],
)
def test_places(text: str, expected: Place | None) -> None:
    assert read_place(text) == expected


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("อำเภอเมือง", Place(district="เมือง")),
        ("อําเภอเมือง", Place(district="เมือง")),
        ("อ. เมือง", Place(district="เมือง")),
        ("อำเภอเฉลิมพระเกียรติ", Place(district="เฉลิมพระเกียรติ")),
        ("ต.ในเมือง", Place(subdistrict="ในเมือง")),
        ("ต.ในเมือง อ.เมือง", Place(district="เมือง", subdistrict="ในเมือง")),
        ("อำเภอลางเคอ", Place(district="ลางเคอ")),
        ("อำเภอลางเคอ จังหวัดตราด", Place("ตราด", "TH-23", "ลางเคอ")),
        ("อำเภอบางรัก", Place(district="บางรัก")),
        ("แขวงบางนา", Place(*BANGKOK, None, "บางนา")),
    ],
)
def test_unknown_and_ambiguous_places_keep_what_is_written_and_have_no_code(text: str, written: Place) -> None:
    assert read_place(text) == written


@pytest.mark.parametrize(
    ("text", "beside", "written"),
    [
        ("อำเภอคลองหลวง จังหวัดตราด", (), Place("ตราด", "TH-23", "คลองหลวง")),
        ("ตำบลคลองสอง อำเภอคลองหลวง จังหวัดตราด", (), Place("ตราด", "TH-23", "คลองหลวง", "คลองสอง")),
        ("แขวงสีลม เขตดุสิต", (), Place(*BANGKOK, "ดุสิต", "สีลม")),
        ("อำเภอคลองหลวง", ("จังหวัดตราด",), Place(district="คลองหลวง")),
        ("ตำบลคลองสอง", ("อำเภอเมือง", "จังหวัดปทุมธานี"), Place(subdistrict="คลองสอง")),
        ("ตำบลคลองสอง", ("อำเภอคลองหลวง", "จังหวัดตราด"), Place(subdistrict="คลองสอง")),
        ("ตำบลคลองสอง", ("อำเภอลางเคอ",), Place(subdistrict="คลองสอง")),
        ("แม่สอด", ("จังหวัดตราด",), None),
    ],
)
def test_contradictions_are_not_guessed_away(text: str, beside: tuple[str, ...], written: Place | None) -> None:
    assert read_place(text, beside=beside) == written


@pytest.mark.parametrize(
    ("text", "beside", "code"),
    [
        ("อ.เมือง", ("จ.ตราด",), "2301"),
        ("อ.เมือง", ("ภาคใต้", "จังหวัดลางเคอ", "ตรัง"), "9201"),
        ("อำเภอเฉลิมพระเกียรติ", ("จังหวัดน่าน",), "5515"),
        ("อำเภอเฉลิมพระเกียรติ", ("จังหวัดน่าน", "จังหวัดตราด"), "5515"),
        ("ต.ในเมือง", ("อ.เมือง", "จ.ขอนแก่น"), "400101"),
        ("ต.ในเมือง", ("อำเภอเมืองขอนแก่น",), "400101"),
        ("ต.ในเมือง อ.เมือง", ("จ.ขอนแก่น",), "400101"),
        ("ต.ในเมือง จ.ขอนแก่น", ("อำเภอเมือง",), "400101"),
        ("แขวงบางมด", ("เขตทุ่งครุ",), "104901"),
        ("แขวงบางมด", ("จอมทอง", "กรุงเทพมหานคร"), "103503"),
        ("พญาไท", ("กรุงเทพมหานคร",), "1014"),
        ("ชนบท", ("จ.ขอนแก่น",), "4018"),
        ("เฉลิมพระเกียรติ", ("จ.น่าน",), "5515"),
        ("แม่สามแลบ", ("อ.สบเมย",), "580606"),
    ],
)
def test_what_stands_beside_settles_which_area_it_is(text: str, beside: tuple[str, ...], code: str) -> None:
    place = read_place(text, beside=beside)
    assert place is not None and place.dopa_code == code and place.province and place.district


def test_two_provinces_beside_that_both_fit_settle_nothing() -> None:
    assert read_place("อ.เมือง", beside=("จ.ตราด", "จ.ตรัง")) == Place(district="เมือง")
    assert read_place("แม่สามแลบ", beside=("จ.แม่ฮ่องสอน",)) is None


DISTRICTS = [(p.code, d.name_th) for p in geothai.provinces() if p.code != "10" for d in geothai.districts(p.code)]


@given(st.sampled_from(DISTRICTS), st.sampled_from(PROVINCES))
def test_a_district_has_a_code_beside_its_own_province_only(district: tuple[str, str], beside: Province) -> None:
    code, name = district
    place = read_place(f"อ.{name}", beside=(beside.thai,))
    assert place is not None
    inside = [area.code for area in find_districts(name) if area.province == beside]
    assert ([place.dopa_code] if place.dopa_code else []) == inside
    assert place.province == (beside.thai if inside else None)
    assert bool(inside) or beside.dopa_code != code


def test_names_are_found_in_other_spellings() -> None:
    assert [area.code for area in find_districts("ราษฏร์บูรณะ")] == ["1024"]
    assert len(find_districts("เมือง")) == 76
    assert "450109" in [area.code for area in find_subdistricts("ปอพาน")]
    assert find_districts("ลางเคอ") == find_subdistricts("") == ()


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
        ("แขวงทางหลวงชนบทตรัง", "ตรัง"),
        ("ผู้อำนวยการแขวงทางหลวงเลยที่ 1", "เลย"),
        ("สพป.น่าน เขต 2", "น่าน"),
        ("วิทยาลัยเทคนิคแพร่และหอการค้า", "แพร่"),
        ("แขวงทางหลวงตากสิน", ""),
        ("หอการค้าเลยทีเดียว", ""),
        ("วิทยาลัยชุมชนแพร่ความรู้", ""),
        ("เรือนจำน่านฟ้า", ""),
        ("ชนบทตรังสี", ""),
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


@pytest.mark.parametrize(
    ("text", "beside", "code"),
    [
        ("ที่ว่าการอำเภอปัว", (), "5505"),
        ("หอประชุมที่ว่าการอำเภอป่าพะยอม ชั้น 2", (), "9310"),
        ("หอประชุม อ.แม่สาย", (), "5709"),
        ("ที่ว่าการอำเภอเมือง จังหวัดตราด", (), "2301"),
        ("สำนักงานเกษตรอำเภอเมือง", ("ตราด",), "2301"),
        ("สำนักงานเขตบางรัก", (), "1004"),
        ("อบต.คลองสอง อำเภอคลองหลวง", (), "130202"),
        ("องค์การบริหารส่วนตำบลวังกระแจะ", ("ตราด",), "230107"),
        ("องค์การบริหารส่วนตำบลวังกระแจะ", (), None),
        ("ที่ว่าการอำเภอเมือง", (), None),
        ("ที่ว่าการอำเภอปัว", ("ตราด",), None),
        ("ที่ว่าการอำเภอ", ("ตราด",), None),
        ("ศาลากลางจังหวัดตราด", (), None),
        ("สำนักงานเขตพื้นที่การศึกษา", (), None),
        ("พ.ต.อ.ปัว ใจดี", (), None),
        ("ที่ว่าการอำเภอเมือง จังหวัดลางเคอ", (), None),
    ],
)
def test_districts_inside_longer_names(text: str, beside: tuple[str, ...], code: str | None) -> None:
    place = find_local_area(text, beside=beside)
    assert (place.dopa_code if place else None) == code


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
    with pytest.raises(ValueError, match="inferred"):
        Place(district="เมือง", province_inferred=True)


@pytest.mark.parametrize("code", ["", "2", "23", "230", "230101", "24", "2401", "๒๓๐๑", "23o1"])
def test_a_code_is_that_of_the_deepest_level(code: str) -> None:
    with pytest.raises(ValueError, match="DOPA"):
        Place("ตราด", "TH-23", "เมืองตราด", dopa_code=code)
    assert Place("ตราด", "TH-23", "เมืองตราด", dopa_code="2301").depth == 2


def test_settled_places_stay_as_they_are() -> None:
    for text in ("จ.ตราด", "อ.คลองหลวง", "ต.คลองสอง", "แขวงสีลม", "เขตจอมทอง", "อ.เมือง", "อำเภอคลองหลวง จังหวัดตราด"):
        place = read_place(text)
        assert place is not None and settle_place(place) == place
