"""Names of people are split as they are written, and mentions are joined only where nobody else could be meant."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thaigov_events.annotations import Document, Entity, Relation
from thaigov_events.inference.people import PersonName, identify_persons, read_person, split_words
from thaigov_events.inference.spelling import find_slip, fold_name, pair_misspelt


@pytest.mark.parametrize(
    ("text", "title", "rank", "given_name", "surname", "alias"),
    [
        ("นายสมมุติ ใจดี", "นาย", "", "สมมุติ", "ใจดี", ""),
        ("สมมุติ ใจดี", "", "", "สมมุติ", "ใจดี", ""),
        ("สมมุติ", "", "", "สมมุติ", "", ""),
        ("นางสาวมาลี ณ สงขลา", "นางสาว", "", "มาลี", "ณ สงขลา", ""),
        ("นางสาวิตรี ใจดี", "นาง", "", "สาวิตรี", "ใจดี", ""),
        ("น.ส. มาลี", "น.ส.", "", "มาลี", "", ""),
        ("นางมาลี ทองแท้ บุญมี", "นาง", "", "มาลี", "ทองแท้ บุญมี", ""),
        ("พล.ต.อ.สมมุติ  ใจดี", "", "พล.ต.อ.", "สมมุติ", "ใจดี", ""),
        ("พล.ต.ต สมมุติ ใจดี", "", "พล.ต.ต", "สมมุติ", "ใจดี", ""),
        ("พ.ต.ท.ดร.สมมุติ ใจดี", "ดร.", "พ.ต.ท.", "สมมุติ", "ใจดี", ""),
        ("พันเอก(พิเศษ) สมมุติ ใจดี", "", "พันเอก(พิเศษ)", "สมมุติ", "ใจดี", ""),
        ("พ.อ.หญิง มาลี ใจดี", "", "พ.อ.หญิง", "มาลี", "ใจดี", ""),
        ("ว่าที่ ร.ต.สมมุติ ใจดี", "", "ว่าที่ ร.ต.", "สมมุติ", "ใจดี", ""),
        ("ว่าที่ร้อยตรี สมมุติ ใจดี", "", "ว่าที่ร้อยตรี", "สมมุติ", "ใจดี", ""),
        ("พลอากาศเอก สมมุติฯ", "", "พลอากาศเอก", "สมมุติ", "", ""),
        ("จ่าสิบตำรวจ สมมุติ ใจดี", "", "จ่าสิบตำรวจ", "สมมุติ", "ใจดี", ""),
        ("นายกองเอก สมมุติ ใจดี", "", "นายกองเอก", "สมมุติ", "ใจดี", ""),
        ("รศ.ดร.สมมุติ ใจดี", "ดร.", "รศ.", "สมมุติ", "ใจดี", ""),
        ("รองศาสตราจารย์ ดร.สมมุติ ใจดี", "ดร.", "รองศาสตราจารย์", "สมมุติ", "ใจดี", ""),
        ("ศ.คลินิกเกียรติคุณ นายแพทย์สมมุติ ใจดี", "นายแพทย์", "ศ.คลินิกเกียรติคุณ", "สมมุติ", "ใจดี", ""),
        ("ผศ.(พิเศษ) นพ.สมมุติ ใจดี", "นพ.", "ผศ.(พิเศษ)", "สมมุติ", "ใจดี", ""),
        ("ม.ล.สมมุติ ใจดี", "ม.ล.", "", "สมมุติ", "ใจดี", ""),
        ("ดร.คุณหญิงมาลี ใจดี", "ดร. คุณหญิง", "", "มาลี", "ใจดี", ""),
        ("Mr. John Smith", "Mr.", "", "John", "Smith", ""),
        ("น.ส.มาลี ใจดี (กวาง)", "น.ส.", "", "มาลี", "ใจดี", "กวาง"),
        ("พระมหาสมมุติ ธมฺมทีโป", "พระมหา", "", "สมมุติ", "ธมฺมทีโป", ""),
        ("พระครูสมุห์สมมุติ ธมฺมทีโป", "พระครูสมุห์", "", "สมมุติ", "ธมฺมทีโป", ""),
        ("พระสมมุติ ธมฺมทีโป", "พระ", "", "สมมุติ", "ธมฺมทีโป", ""),
        # Styles that are no given name and surname are left whole.
        ("พระครูสมมุติวรคุณ (สมชาย)", "", "", "", "", "สมชาย"),
        ("พระราชสมมุติวิมล", "", "", "", "", ""),
        ("พระบาทสมเด็จพระเจ้าอยู่หัว", "", "", "", "", ""),
        ("สมเด็จพระนางเจ้าฯ พระบรมราชินี", "", "", "", "", ""),
        # Names that only look like titles.
        ("คุณากร ใจดี", "", "", "คุณากร", "ใจดี", ""),
        ("นายพลเอก ใจดี", "นาย", "", "พลเอก", "ใจดี", ""),
        ("นายพันธุ์ดี ใจดี", "นาย", "", "พันธุ์ดี", "ใจดี", ""),
        ("ดร.", "", "", "ดร.", "", ""),
    ],
)
def test_name_is_split(text: str, title: str, rank: str, given_name: str, surname: str, alias: str) -> None:
    name = read_person(text)
    assert (name.title, name.rank, name.given_name, name.surname, name.alias) == (
        title,
        rank,
        given_name,
        surname,
        alias,
    )


def test_surname_needs_a_given_name() -> None:
    with pytest.raises(ValueError, match="ใจดี"):
        PersonName(surname="ใจดี")


@given(
    st.text(max_size=30)
    | st.lists(st.sampled_from(["นาย", "พล.อ.", "ดร.", "พระ", "(", ")", "ก", "ฯ", " ", "หญิง"])).map("".join)
)
@settings(deadline=None)
def test_any_text_is_split(text: str) -> None:
    name = read_person(text)
    assert not name.surname or name.given_name
    if text.strip():
        assert isinstance(split_words(text)[0], str)


def write(*names: str, gap: str = " และ ", roles: str = "") -> Document:
    """Persons T0, T1, … in a line, then an event E; `roles` as `chairs 0`."""
    text, entities = "", []
    for at, name in enumerate(names):
        entities.append(Entity(f"T{at}", "PERSON", len(text), len(text) + len(name)))
        text += name + gap
    entities.append(Entity("E", "EVENT", len(text), len(text) + 5))
    links = [role.split() for role in roles.split(",") if role]
    return Document("d", text + "ประชุม", tuple(entities), tuple(Relation(label, f"T{at}", "E") for label, at in links))


def join(*names: str, roles: str = "") -> list[int]:
    """For each mention the number of the first that names the same person."""
    persons = identify_persons(write(*names, roles=roles))
    found = [persons[f"T{at}"] for at in range(len(names))]
    return [found.index(person) for person in found]


@pytest.mark.parametrize(
    "names",
    [
        ("นายสมมุติ ใจดี", "สมมุติ"),
        ("สมมุติ", "นายสมมุติ ใจดี", "ดร.สมมุติ ใจดี"),
        ("พล.อ.สมมุติ ใจดี", "พลเอก สมมุติฯ"),
        ("พันตำรวจเอก สมมุติ ใจดี", "พ.ต.อ.สมมุติ"),
        ("นายสมมุติ ใจดี", "นายสมมุติใจดี", "นายสมมุติ  ใจดี"),
        ("น.ส.มาลี ใจดี (กวาง)", "กวาง"),
        ("นายสมมุติ รุ่งเรืองศรี", "นายสมมุติ รุ่งเรืองสรี", "สมมุติ"),
        ("นายสมมุติ รุ่งเรืองศรี", "นายสมมุติ รุ่งเรือศงรี"),
        ("นายสุพันธุ์ ใจดี", "สุพันธ์ุฯ"),
        ("พระครูสมมุติ ธรรมดี", "พระครูสมมุติ"),
    ],
)
def test_mentions_of_one_person_are_joined(names: tuple[str, ...]) -> None:
    assert join(*names) == [0] * len(names)


@pytest.mark.parametrize(
    ("names", "groups"),
    [
        # Two full names, and a given name alone that could be either.
        (("นายสมมุติ ใจดี", "นายสมมุติ มีสุข", "นายสมมุติ", "สมมุติ"), [0, 1, 2, 2]),
        # Titles and ranks that one person does not have.
        (("นายวิมล ใจดี", "นางวิมล"), [0, 1]),
        (("นายวิมล", "นางวิมล", "นายวิมล"), [0, 1, 0]),
        (("พล.อ.สมมุติ ใจดี", "พล.ต.สมมุติ"), [0, 1]),
        # Short surnames, two letters, another given name, and a slip that could be of two names.
        (("นายสมมุติ ดีมา", "นายสมมุติ ดีมี"), [0, 1]),
        (("นายสมมุติ รุ่งเรืองศรี", "นายสมมุติ รุ่งเรืองดี"), [0, 1]),
        (("นายสมมุติ รุ่งเรืองศรี", "นายสมมุต รุ่งเรืองศรี"), [0, 1]),
        (("นายสมมุติ ทองแท้มาก", "นายสมมุติ ทองแท้มากก", "นายสมมุติ ทองแท้มา"), [0, 1, 2]),
        # Royal styles that begin alike.
        (("สมเด็จพระเจ้าลูกเธอ เจ้าฟ้าก", "สมเด็จพระเจ้าลูกเธอ เจ้าฟ้าข"), [0, 1]),
        # An alias that is also somebody's name.
        (("น.ส.มาลี ใจดี (กวาง)", "นายกวาง มีสุข", "กวาง"), [0, 1, 2]),
    ],
)
def test_people_who_could_be_two_stay_apart(names: tuple[str, ...], groups: list[int]) -> None:
    assert join(*names) == groups


def test_two_with_one_role_at_an_event_are_two_however_alike_their_surnames() -> None:
    names = ("นายสมมุติ รุ่งเรืองศรี", "นายสมมุติ รุ่งเรืองสรี")
    assert join(*names, roles="participates 0,participates 1") == [0, 1]
    assert join(*names, roles="participates 0,chairs 1") == [0, 0]


def test_spelling_that_stands_more_often_is_right() -> None:
    wrong, right = "นายสมมุติ รุ่งเรืองสรี", "นายสมมุติ รุ่งเรืองศรี"
    assert set(identify_persons(write(wrong, right, right)).values()) == {"สมมุติ รุ่งเรืองศรี"}


def edit(word: str, *, at: int, kind: str) -> str:
    match kind:
        case "more":
            return word[:at] + "x" + word[at:]
        case "less":
            return word[:at] + word[at + 1 :]
        case "other":
            return word[:at] + "x" + word[at + 1 :]
        case _:
            return word[:at] + word[at : at + 2][::-1] + word[at + 2 :]


@given(st.text("abcde", min_size=6, max_size=20), st.integers(0, 5), st.sampled_from(["more", "less", "other", "swap"]))
@settings(deadline=None)
def test_one_slip_is_found_from_both_sides(word: str, at: int, kind: str) -> None:
    slipped = edit(word, at=at, kind=kind)
    expected = None if slipped == word else find_slip(word, slipped)
    assert (expected is None) == (slipped == word)
    assert find_slip(slipped, word) == expected
    assert pair_misspelt({word: 2, slipped: 1}) == ({} if slipped == word else {slipped: word})


@given(st.text("abc", max_size=6), st.text("abc", max_size=6))
@settings(deadline=None)
def test_slips_are_those_of_edit_distance_one(one: str, other: str) -> None:
    near = {edit(one, at=at, kind="swap") for at in range(len(one))}
    for letter in "abc":
        near |= {one[:at] + letter + one[at + more :] for at in range(len(one) + 1) for more in (0, 1)}
    near |= {one[:at] + one[at + 1 :] for at in range(len(one))}
    assert (find_slip(one, other) is not None) == (other in near - {one})


def test_marks_typed_in_another_order_are_the_same_name() -> None:
    assert fold_name("พันธ์ุ") == fold_name("พันธุ์") and fold_name("นํ้า") == fold_name("น้ำ")


def test_five_thousand_people_take_well_under_a_second() -> None:
    letters = "กขคงจชซดตถทนบปผพมยรลวสหอ"
    names = [f"นายสมมุติ {''.join(letters[at * step % 24] for step in range(1, 9))}{at}" for at in range(2500)]
    document = write(*names, *names)
    start = time.process_time()
    identify_persons(document)
    assert time.process_time() - start < 1.5
