"""The JSON Schema fits what the engine writes, and nothing else."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thaigov_events.annotations import Document, Entity, Relation, read_corpus
from thaigov_events.inference.amounts import Amount, Count
from thaigov_events.inference.dates import DateSpan, TimeSpan
from thaigov_events.inference.events import (
    AppointmentRecord,
    EventRecord,
    FiguresRecord,
    LooseFigureRecord,
    PersonRecord,
    ProjectRecord,
    Subject,
)
from thaigov_events.inference.extractor import SCHEMA_VERSION, Extraction
from thaigov_events.inference.periods import Period
from thaigov_events.inference.places import Place
from thaigov_events.inference.record_parts import Actor, Committee, Evidence, Fact, Name, Office, Part, Post, Spot
from thaigov_events.inference.record_schema import _Walker, build_schema, render_schema
from thaigov_events.inference.sessions import Session
from thaigov_events.inference.values import Unparsed

jsonschema = pytest.importorskip("jsonschema")

ROOT = Path(__file__).parents[2]
COMMITTED = ROOT / "inference" / "records.schema.json"
GOLD = (
    ROOT / "annotations" / "samples.jsonl",
    ROOT / "annotations" / "authored.jsonl",
    ROOT / ".cache" / "corpus" / "dev.jsonl",
    ROOT.parent / "shared" / "corpus" / "seeds.jsonl",
)


@cache
def validator() -> Any:
    return jsonschema.Draft202012Validator(build_schema())


def write_line(document: Document) -> dict[str, Any]:
    """The output line of a document, as one that reads the file gets it."""
    return json.loads(json.dumps(Extraction.tell(document).to_dict()))  # type: ignore[no-any-return]


def check(line: Any, where: str) -> None:
    for fault in validator().iter_errors(line):
        deepest = find_fault(fault)
        raise AssertionError(f"{where}: {deepest.json_path}: {deepest.message}")


def find_fault(fault: Any) -> Any:
    """The fault itself or, where several forms are open, what keeps the object from the form that is nearest."""
    while fault.context:
        forms: dict[int, list[Any]] = {}
        for inner in fault.context:
            forms.setdefault(inner.schema_path[0], []).append(inner)
        # An object names its form by a constant.
        (fault, *_) = min(forms.values(), key=lambda faults: (any(f.validator == "const" for f in faults), len(faults)))
    return fault


def test_the_committed_schema_is_that_of_the_classes() -> None:
    assert COMMITTED.read_text("utf-8") == render_schema(), (
        "the classes of the records have changed; run `python -m thaigov_events.inference.record_schema > "
        "inference/records.schema.json`, read its diff, and raise SCHEMA_VERSION in inference/extractor.py where "
        "what was written before would no longer be read rightly"
    )


def test_the_schema_is_one_by_its_own_standard_and_comes_with_the_package() -> None:
    schema = build_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"].endswith(f":{SCHEMA_VERSION}")
    assert all(definition["description"] for definition in schema["$defs"].values())
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert COMMITTED.name in settings["tool"]["setuptools"]["package-data"]["thaigov_events.inference"]


def test_the_module_prints_the_schema() -> None:
    command = [sys.executable, "-W", "error", "-m", "thaigov_events.inference.record_schema"]
    assert subprocess.run(command, capture_output=True, check=True).stdout.decode("utf-8") == render_schema()


def test_no_object_is_open_and_none_refers_to_nothing() -> None:
    schema = build_schema()
    closed = 0
    for part in walk(schema):
        if isinstance(part, dict) and "properties" in part and part.get("type") == "object":
            assert part["additionalProperties"] is False and set(part["required"]) <= set(part["properties"])
            closed += 1
        if isinstance(part, dict) and isinstance(part.get("$ref"), str):
            assert part["$ref"].removeprefix("#/$defs/") in schema["$defs"]
    assert closed > len(schema["$defs"])


def walk(item: Any) -> Iterator[Any]:
    yield item
    if isinstance(item, dict | list):
        for inner in item.values() if isinstance(item, dict) else item:
            yield from walk(inner)


@pytest.mark.parametrize("path", GOLD, ids=lambda path: path.stem)
def test_every_line_from_gold_mentions_is_valid(path: Path) -> None:
    if not path.is_file():
        pytest.skip(f"{path} is not there: it holds the text of press releases")
    for document in read_corpus(path):
        check(write_line(document), document.id)


def test_the_version_stands_first() -> None:
    assert next(iter(read_line(0).items())) == ("version", SCHEMA_VERSION)


@cache
def list_lines() -> list[str]:
    documents = [write_line(document) for document in read_corpus(GOLD[0])]
    return [json.dumps(line) for line in (*documents, write_full_line())]


def read_line(at: int) -> dict[str, Any]:
    return json.loads(list_lines()[at])  # type: ignore[no-any-return]


def write_full_line() -> dict[str, Any]:
    """A line in which every field of every class is set, with scores; the facts have each kind of value."""
    ids = ("T1", "T2")
    evidence = Evidence(ids, 0.75)
    period = Fact(
        "ไตรมาส 1",
        evidence,
        Period(
            "2023-10-01",
            "2023-12-31",
            "quarter",
            2567,
            (1,),
            2567,
            1,
            year_inferred=True,
            first_fiscal_year_be=2567,
            last_fiscal_year_be=2567,
        ),
    )
    amount = Fact(
        "ไร่ละ 1.5-2 ล้านบาทโดยประมาณ",
        evidence,
        Amount("1500000", "2000000", "THB", approximate=True, per="ไร่", text_number="1.5-2 ล้าน"),
        (period,),
    )
    count = Fact(
        "วันละราว 5-6 คน", evidence, Count("5", "6", "คน", approximate=True, per="day", text_unit="ราย"), (period,)
    )
    below = Fact("ไม่ถึง 300 บาท", evidence, Amount(None, "300", exclusive=True))
    above = Fact("เกิน 5 คน", evidence, Count("5", None, "คน", exclusive=True))
    date = Fact("1-3 มีนาคม", evidence, DateSpan("2024-03-01", "2024-03-03", "day", year_inferred=True))
    time = Fact("09.00-16.00 น.", evidence, TimeSpan("09:00", "16:00", approximate=True))
    unread = Fact("วันก่อน", evidence, Unparsed("not a date"))
    bare = Fact("สักวัน", evidence)
    session = Fact("ครั้งที่ 1/2567", evidence, Session("1", 2567, 2024))
    committee = Committee(evidence, name="คณะกรมการจังหวัด", code="กกจ.")
    venue = Name("ห้องประชุม 1", evidence)
    levels = {
        "province": "ตราด",
        "iso_3166_2": "TH-23",
        "district": "คลองใหญ่",
        "subdistrict": "หาดเล็ก",
        "dopa_code": "230203",
    }
    place = Place(**levels, province_inferred=True)
    spot = Spot(evidence, basis="stated", areas=("ตำบลหาดเล็ก",), **levels)
    actor = Actor(
        evidence,
        name="ดร.สมมุติ ใจดี (หนึ่ง)",
        title="ดร.",
        rank="พันเอก",
        given_name="สมมุติ",
        surname="ใจดี",
        alias="หนึ่ง",
        person="d1:T1",
        position="ผู้ว่าราชการจังหวัดตราด",
        office=Office("governor", body="กระทรวงมหาดไทย", area="TH-23", district="คลองใหญ่", area_inferred=True),
        other_positions=("ประธานกรรมการ",),
        organization="กรมการปกครอง",
        committee="คณะกรมการจังหวัด",
        location="จังหวัดตราด",
        member_of=(committee,),
    )
    held: dict[str, Any] = {
        "dates": (date, unread, bare),
        "times": (time,),
        "periods": (period,),
        "participants": (actor,),
        "organizers": (actor,),
        "amounts": (amount, below),
        "counts": (count, above),
    }
    subject = Subject(
        type="event",
        name="ประชุม",
        evidence=evidence,
        record="d1:T1",
        venues=(venue,),
        places=(spot,),
        chairs=(actor,),
        **held,
    )
    records: list[Part] = [
        EventRecord(
            id="d1:T1",
            document="d1",
            type="meeting",
            trigger="ประชุม",
            evidence=evidence,
            committee=committee,
            session=session,
            venue=venue,
            place=spot,
            chair=actor,
            topics=(subject,),
            other_committees=(committee,),
            other_sessions=(session,),
            other_venues=(venue,),
            other_places=(spot,),
            other_chairs=(actor,),
            **held,
        ),
        ProjectRecord(id="d1:T1", document="d1", subject=subject),
        FiguresRecord(id="d1:T1", document="d1", subject=subject),
        LooseFigureRecord(id="d1:T1", document="d1", evidence=evidence, amounts=(below,)),
        LooseFigureRecord(id="d1:T2", document="d1", evidence=evidence, counts=(above,)),
        AppointmentRecord(
            id="d1:T1-T2",
            document="d1",
            holder=actor,
            evidence=evidence,
            position="นายอำเภอ",
            office=Office("district chief", area="TH-23", district="คลองใหญ่"),
            committee=committee,
            cue="แต่งตั้ง",
        ),
    ]
    document = Document(
        "d1",
        "ประชุม จังหวัดตราด",
        (Entity("T1", "EVENT", 0, 6, 0.75), Entity("T2", "LOCATION", 7, 18, 1.0)),
        (Relation("held_at", "T1", "T2", 0.5),),
        "https://example.org/1",
    )
    name = {part: getattr(actor, part) for part in ("name", "title", "rank", "given_name", "surname", "alias")}
    post = Post(evidence, "ผู้ว่าราชการจังหวัดตราด", Office("governor", area="TH-23"))
    person = PersonRecord("d1:T1", "d1", evidence=evidence, positions=(post,), member_of=(committee,), **name)
    events = [record.to_dict() for record in records]
    line = Extraction(document, {"T2": place.to_dict()}, events, [person.to_dict()]).to_dict()
    return json.loads(json.dumps(line))  # type: ignore[no-any-return]


def test_a_line_with_every_field_set_is_valid() -> None:
    line = write_full_line()
    check(line, "the full line")
    names = ("EventRecord", "ProjectRecord", "FiguresRecord", *["LooseFigureRecord"] * 2, "AppointmentRecord")
    for record, name in zip(line["events"], names, strict=True):
        missing = set(build_schema()["$defs"][name]["properties"]) - set(record)
        # A loose figure is either an amount or a count.
        assert missing < {"amounts", "counts"} if name == "LooseFigureRecord" else not missing, (
            f"set {missing} of {name} in write_full_line"
        )
    (event, *_) = line["events"]
    for part, name in (
        (event["chair"], "Actor"), (event["chair"]["office"], "Office"), (event["place"], "Spot"), (event["venue"], "Name"),
        (event["committee"], "Committee"), (event["topics"][0], "Subject"), (line["entities"][1], "Entity"),
        (line["entities"][1]["value"], "Place"), (line["relations"][0], "Relation"), (line, ""),
        (line["people"][0], "PersonRecord"), (line["people"][0]["positions"][0], "Post"),
    ):  # fmt: skip
        described = build_schema()["$defs"][name] if name else build_schema()
        assert set(part) == set(described["properties"]), f"set the missing fields of {name} in write_full_line"
    facts: dict[str, set[str]] = {}
    for part in walk(event):
        if isinstance(part, dict) and "text" in part and "type" in part:
            facts.setdefault(part["type"], set()).update(part)
    for form in build_schema()["$defs"]["Fact"]["oneOf"]:
        if kind := form["properties"].get("type", {}).get("const"):
            assert kind == "place" or facts[kind] | {"periods"} == set(form["properties"]), f"set the fields of {kind}"


def list_objects(line: dict[str, Any]) -> list[dict[str, Any]]:
    return [part for part in walk(line) if isinstance(part, dict)]


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_an_unknown_key_is_an_error_in_every_object(data: st.DataObject) -> None:
    line = read_line(data.draw(st.integers(0, len(list_lines()) - 1)))
    data.draw(st.sampled_from(list_objects(line)))["unknown"] = "x"
    assert not validator().is_valid(line)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_part_without_evidence_is_an_error(data: st.DataObject) -> None:
    line = read_line(data.draw(st.integers(0, len(list_lines()) - 1)))
    part = data.draw(st.sampled_from([part for part in list_objects(line) if "mentions" in part]))
    wrong = data.draw(st.sampled_from([None, [], "T1", [1], ["T1", "T1"]]))
    if wrong is None:
        del part["mentions"]
    else:
        part["mentions"] = wrong
    assert not validator().is_valid(line)


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_a_value_of_another_type_is_an_error(data: st.DataObject) -> None:
    line = read_line(data.draw(st.integers(0, len(list_lines()) - 1)))
    part = data.draw(st.sampled_from(list_objects(line)))
    key = data.draw(st.sampled_from(sorted(part)))
    others = [
        None,
        {},
        [{}],
        "" if isinstance(part[key], bool | int | float | list) else 1.5,
        not isinstance(part[key], bool),
    ]
    part[key] = data.draw(st.sampled_from(others))
    assert not validator().is_valid(line)


@pytest.mark.parametrize("wrong", [1.5, 15, "1,5", "1.", "1e3", "NaN", ""])
def test_amounts_and_counts_are_decimal_strings_never_numbers(wrong: Any) -> None:
    tried = 0
    for at in range(len(list_lines())):
        line = read_line(at)
        for figure in [part for part in list_objects(line) if {"minimum", "maximum"} & set(part)][:3]:
            before, figure["minimum"] = figure.get("minimum"), wrong
            assert not validator().is_valid(line)
            figure["minimum"] = before
            tried += 1
    assert tried > 20


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        (("version",), SCHEMA_VERSION + 1),
        (("entities", 0, "label"), "MEETING"),
        (("entities", 0, "score"), 1.5),
        (("entities", 0, "start"), -1),
        (("entities", 1, "value", "iso_3166_2"), "23"),
        (("entities", 1, "value", "dopa_code"), "230"),
        (("entities", 1, "value", "type"), "area"),
        (("relations", 0, "label"), "chaired"),
        (("relations", 0, "score"), "0.5"),
        (("events", 0, "kind"), "meeting"),
        (("events", 0, "type"), "party"),
        (("events", 0, "confidence"), -0.1),
        (("events", 0, "trigger"), ""),
        (("events", 0, "participants"), []),
        (("events", 0, "place", "basis"), "guessed"),
        (("events", 0, "chair", "office", "area"), "ตราด"),
        (("events", 0, "dates", 0, "start"), "1/3/2567"),
        (("events", 0, "dates", 0, "year_inferred"), False),
        (("events", 0, "dates", 0, "unit"), "คน"),
        (("events", 0, "times", 0, "start"), "9.00"),
        (("events", 0, "periods", 0, "end"), "2024-09"),
        (("events", 0, "periods", 0, "quarters"), ["1"]),
        (("events", 0, "session", "year_be"), "2567"),
        (("events", 1, "topics"), [{"type": "project", "name": "x", "mentions": ["T1"]}]),
        (("events", 3, "name"), "5 บาท"),
        (("events", 3, "amounts", 0, "exclusive"), False),
        (("events", 5, "holder"), "T1"),
        (("people", 0, "name"), ""),
        (("people", 0, "positions", 0, "position"), ""),
        (("people", 0, "positions", 0, "office", "area"), "ตราด"),
    ],
    ids=lambda item: "-".join(map(str, item)) if isinstance(item, tuple) else None,
)
def test_a_wrong_field_is_an_error(path: tuple[str | int, ...], wrong: Any) -> None:
    line = write_full_line()
    before = copy.deepcopy(line)
    part: Any = line
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = wrong
    assert line != before and not validator().is_valid(line)


@pytest.mark.parametrize("name", ["version", "id", "text", "entities", "relations", "events", "people"])
def test_a_line_lacks_nothing(name: str) -> None:
    line = write_full_line()
    del line[name]
    assert not validator().is_valid(line)


def test_an_article_without_mentions_is_a_valid_line() -> None:
    line = write_line(Document("d1", "ไม่มีอะไร"))
    check(line, "d1")
    assert line["entities"] == line["relations"] == line["events"] == line["people"] == []


@dataclass(frozen=True, slots=True)
class Odd(Part):
    """A part with a field of a type that JSON has no form for."""

    when: complex


@dataclass(frozen=True, slots=True)
class Twice(Part):
    """A part with a field of the name of one of its evidence's."""

    evidence: Evidence
    confidence: float


def test_fields_that_cannot_be_described_are_named() -> None:
    with pytest.raises(TypeError, match=r"Odd\.when: the JSON form of <class 'complex'>"):
        _Walker({}).expand(Odd)
    with pytest.raises(ValueError, match="confidence would stand twice"):
        _Walker({}).expand(Twice)
    with pytest.raises(ValueError, match=r"Place\.postcode: no such field"):
        _Walker({"Place.postcode": {}}).definitions()
