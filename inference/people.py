"""Read the texts of PERSON mentions, and find which of them name the same person."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from thaigov_events.annotations.document import Document
from thaigov_events.inference.reading import write_plainly
from thaigov_events.inference.spelling import fold_name, pair_misspelt

_STEP = "(?:เอก|โท|ตรี|จัตวา)"
_ACADEMIC = "(?: ?(?:เชี่ยวชาญพิเศษ|คลินิก|พิเศษ|กิตติคุณ|เกียรติคุณ))*"
_RANK = (
    rf"(?:(?:พล|พัน|ร้อย)(?:เรือ|อากาศ|ตำรวจ)?|(?:จ่า)?สิบ(?:ตำรวจ)?|(?:พัน)?จ่า(?:อากาศ)?|(?:นาวา|เรือ)(?:อากาศ)?"
    rf"|นาย(?:กอง|หมวด|หมู่)){_STEP}|(?:จ่าสิบ|ดาบ)ตำรวจ|(?:รอง|ผู้ช่วย)?ศาส?ตราจารย์{_ACADEMIC}|อาจารย์"
)
# Beginning with such letters; tried after the titles, since `น.ส.` is none. The last dot is sometimes missing.
_SHORT_RANK = (
    r"(?:พล[ก-ฮ]?|[พรนจสด])\. ?(?:[ก-ฮ]\. ?)*[ก-ฮ](?:\.|(?= ))" + rf"|(?:รศ|ผศ|ศ|อ)\.{_ACADEMIC}(?= ?\(| ?[ก-ฮเ-ไ])"
)
_MAN = r"นาย(?:สัตว)?แพทย์|นาย|เด็กชาย|ด\. ?ช\.|นพ\.|น\. ?สพ\.|Mr\.?(?![a-z])|มร\.|มิสเตอร์"
_WOMAN = (
    r"นางสาว|นาง|น\. ?ส\.|เด็กหญิง|ด\. ?ญ\.|(?:สัตว)?แพทย์หญิง|พญ\.|สพ\. ?ญ\.|คุณหญิง|ท่านผู้หญิง|แม่ชี"
    r"|(?:Mrs|Ms)\.?(?![a-z])|Miss(?= )"
)
_TITLE = (
    r"ดร\.|หม่อม(?:หลวง|ราชวงศ์|เจ้า)|ม\. ?(?:ล|จ|ร\. ?ว)\.|(?:ทันต|สัตว)แพทย์|เภสัชกร(?:หญิง)?|ท(?:พ|พญ)\.|ภ[กญ]\."
    r"|คุณ|ท่าน|Dr\.?(?![a-z])|H\.E\.|พระ(?:อาจารย์|อธิการ|สมุห์|ปลัด|ใบฎีกา|มหา(?!กษัตริย์))"
    r"|พระครู(?:สมุห์|ปลัด|ใบฎีกา|ธรรมธร|วินัยธร|สังฆรักษ์)|หลวง(?:พ่อ|ปู่|ตา|พี่)|สามเณร"
)
_PIECE = re.compile(
    rf"(?:(?P<rank>(?:ว่าที่ ?)?(?:{_RANK}))|(?P<man>{_MAN})|(?P<woman>{_WOMAN})|(?P<title>{_TITLE})"
    rf"|(?P<short>(?:ว่าที่ ?)?(?:{_SHORT_RANK})))"
    r"(?P<more>(?: ?\((?:พิเศษ|หญิง)\)| ?หญิง)*)\s*(?=[ก-ฮเ-ไ(A-Z])"
)
# Royal styles, and names that monks are given with their rank, have no given name and surname.
_ROYAL = re.compile("(?:เจ้า)?พระ(?:บาท|คุณ)?(?:สมเด็จ|เจ้า|องค์เจ้า|นาง|บรม|มหากษัตริย์)|สมเด็จ|เจ้าฟ้า|ในหลวง|ทูลกระหม่อม|รัชกาลที่")
_CONFERRED = re.compile("พระ(?:ครู|ราช|เทพ|ธรรม|พรหม|ศรี|โสภณ|วิ|ปริยัติ)")
_BRACKETS = re.compile(r"\(([^)]*)\)|ฯ")
_RANK_LETTERS = {
    **{"พล": "พล.", "พัน": "พ.", "ร้อย": "ร.", "สิบ": "ส.", "จ่า": "จ.", "ดาบ": "ด.", "นาวา": "น.", "เรือ": "ร."},
    **{"อากาศ": "อ.", "ตำรวจ": "ต.", "เอก": "อ.", "โท": "ท.", "ตรี": "ต.", "จัตวา": "จ."},
}
_RANK_WORD = re.compile("|".join(_RANK_LETTERS))
_FEWEST_LETTERS = 5


@dataclass(frozen=True, slots=True)
class PersonName:
    """A person's name in its parts as they are written; all but one of name parts and titles may be empty.

    `title` has what is no rank (`นาย`, `ดร.`, `ม.ล.`, `พระมหา`), `rank` the military, police or academic rank,
    several parted by spaces; `alias` stands in brackets. A royal style or the name that a monk was given with
    his rank has neither given name nor surname. `gender` is `m` or `f` where a title says it.
    """

    title: str = ""
    rank: str = ""
    given_name: str = ""
    surname: str = ""
    alias: str = ""
    gender: str = ""

    def __post_init__(self) -> None:
        if self.surname and not self.given_name:
            raise ValueError(f"person with the surname {self.surname!r}: needs a given name")


@lru_cache(maxsize=1024)  # a name is read for its person, then for each record that it stands in
def read_person(text: str) -> PersonName:
    """Read a person's name: `พล.ต.อ. สมมุติ ใจดี (ต้น)` is rank, given name, surname and alias."""
    titles, ranks, rest = take_titles(text)
    alias = next((found[1].strip() for found in _BRACKETS.finditer(rest) if found[1]), "")
    words = _BRACKETS.sub(" ", rest).split()
    if not (titles or ranks) and words and words[0].startswith("พระ") and not _ROYAL.match(rest):
        if len(words) < 2 or _CONFERRED.match(rest):
            words = []
        else:
            titles, words = MappingProxyType({"พระ": "m"}), [words[0].removeprefix("พระ") or words[0], *words[1:]]
    elif _ROYAL.match(rest):
        words = []
    return PersonName(
        title=" ".join(titles),
        rank=" ".join(ranks),
        given_name=words[0] if words else "",
        surname=" ".join(words[1:]),
        alias=alias,
        gender=next((gender for gender in titles.values() if gender), ""),
    )


@lru_cache(maxsize=1024)
def take_titles(text: str) -> tuple[Mapping[str, str], tuple[str, ...], str]:
    """Return the titles with the gender that they say, the ranks, and what follows them, plainly written."""
    text = write_plainly(text, keep_case=True)
    titles: dict[str, str] = {}
    ranks: list[str] = []
    while piece := _PIECE.match(text):
        # What follows `นาย` begins a name, even if it reads like a rank (นายพลเอก), unless it is abbreviated.
        if any(titles.values()) and "." not in piece[0]:
            break
        kind = piece.lastgroup if piece.lastgroup != "more" else next(k for k, v in piece.groupdict().items() if v)
        written = piece[0].strip()
        if kind in ("rank", "short"):
            ranks.append(written)
        else:
            titles[written] = {"man": "m", "woman": "f"}.get(str(kind), "")
        text = text[piece.end() :]
    return MappingProxyType(titles), tuple(ranks), text


def split_words(text: str) -> tuple[str, str]:
    """Return a name's first word and the rest, folded and without titles, by which mentions are compared."""
    rest = take_titles(text)[2]
    words = _BRACKETS.sub(" ", rest).split() or [rest]
    return fold_name(words[0]), fold_name("".join(words[1:]))


def write_person(text: str) -> str:
    """Return a person's name as it is compared, from one mention alone: given name and surname."""
    return " ".join(split_words(text)).rstrip()


@dataclass(frozen=True, slots=True)
class _Mention:
    given: str
    surname: str
    alias: str
    gender: str
    rank: str
    styled: bool

    @property
    def signs(self) -> tuple[str, str]:
        return self.gender, self.rank


def identify_persons(document: Document) -> dict[str, str]:
    """Return for each PERSON mention the name of its person, the same for all mentions of one person.

    A surname with one letter wrong is the one that stands more often beside the same given name, unless both
    have the same role at one event. A given name or an alias alone is the only person who bears it, unless
    title or military rank say otherwise. Two who could be meant are nobody.
    """
    mentions = {e.id: _read_mention(document.text_of(e)) for e in document.entities if e.label == "PERSON"}
    surnames = _mend_surnames(document, mentions)
    joined: dict[str, tuple[str, str]] = {}
    for given, surname in surnames.values():
        joined.setdefault(given + surname, (given, surname))
    persons: dict[str, tuple[str, str]] = {}
    # the genders and ranks that a person is given: few, however many mentions there are
    bearers: dict[str, dict[tuple[str, str], set[tuple[str, str]]]] = defaultdict(lambda: defaultdict(set))
    for mention, read in mentions.items():
        written = surnames.get(mention, (read.given, ""))
        if person := joined.get("".join(written)):
            persons[mention] = person
            bearers[person[0]][person].add(read.signs)
            if read.alias and read.alias != person[0]:
                bearers[read.alias][person].add(read.signs)
    lone: dict[str, set[str]] = defaultdict(set)
    for mention, read in mentions.items():
        if mention not in persons:
            lone[read.given].add(read.gender)
    for mention, read in mentions.items():
        if mention in persons:
            continue
        fitting = [
            person for person, told in bearers[read.given].items() if all(_agree(read.signs, other) for other in told)
        ]
        if len(fitting) == 1:
            persons[mention] = fitting[0]
        else:
            clash = {"m", "f"} <= lone[read.given]
            persons[mention] = (f"{read.given}/{read.gender}" if clash else read.given, "")
    return {mention: " ".join(person).rstrip() for mention, person in persons.items()}


def _read_mention(text: str) -> _Mention:
    name = read_person(text)
    given, surname = split_words(text)
    return _Mention(
        given,
        surname,
        fold_name(name.alias),
        gender=name.gender,
        rank=_shorten_rank(name.rank),
        styled=not name.given_name,
    )


def _agree(one: tuple[str, str], other: tuple[str, str]) -> bool:
    """Whether genders and military ranks, where both are written, do not tell two people apart."""
    return all(a == b or not a or not b for a, b in zip(one, other, strict=True))


def _shorten_rank(rank: str) -> str:
    """Return a military or police rank in its letters (`พันตำรวจเอก` is พ.ต.อ.); other ranks give nothing."""
    rank = rank.removeprefix("ว่าที่").replace(" ", "")
    if "." not in rank:
        rank = _RANK_WORD.sub(lambda found: _RANK_LETTERS[found[0]], rank)
    short = re.match(r"(?:(?:พล|[ก-ฮ])\.){2,4}", rank)
    return short[0] if short else ""


def _mend_surnames(document: Document, mentions: dict[str, _Mention]) -> dict[str, tuple[str, str]]:
    """Return given name and surname of the mentions that have both, misspelt surnames put right."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    roles: dict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
    for read in mentions.values():
        if read.surname and not read.styled:
            counts[read.given][read.surname] += 1
    for link in document.relations:
        if link.head in mentions and link.label in ("chairs", "participates", "organizes", "member_of"):
            roles[mentions[link.head].given, mentions[link.head].surname].add((link.label, link.tail))
    mended: dict[tuple[str, str], str] = {}
    for given, surnames in counts.items():
        long = {surname: count for surname, count in surnames.items() if len(surname) >= _FEWEST_LETTERS}
        for wrong, right in pair_misspelt(long).items() if len(long) > 1 else ():
            if roles[given, wrong].isdisjoint(roles[given, right]):
                mended[given, wrong] = right
    return {
        mention: (read.given, mended.get((read.given, read.surname), read.surname))
        for mention, read in mentions.items()
        if read.surname
    }
