"""From an extraction to the rows of the flat tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from thaigov_events.annotations.document import Document
from thaigov_events.inference.extractor import Extraction
from thaigov_events.inference.spelling import fold_name
from thaigov_events.inference.table_cells import (
    Item,
    join_texts,
    read_clock,
    read_levels,
    read_periods,
    read_precision,
    span_days,
    split_office,
)
from thaigov_events.inference.table_columns import (
    AmountRow,
    AppointmentRow,
    ArticleRow,
    EventRow,
    MentionRow,
    ParticipantRow,
    PersonRow,
    PositionRow,
    ProjectRow,
    Row,
    TopicRow,
)


def list_rows(extraction: Extraction) -> list[Row]:
    """Return the rows of an article for all tables.

    A project has one row, and its amounts and participants have theirs once, however many events are about it.
    A body or an area has no row of its own, only its amounts and counts; neither has a figure without an owner.
    """
    document = extraction.document
    rows: list[Row] = []
    subjects: dict[tuple[str, str], str] = {}
    for record in extraction.events:
        match record["kind"]:
            case "event":
                rows += _list_event(record, subjects)
            case "appointment":
                rows.append(_read_appointment(record))
            case "figures" if record["type"] == "unowned":
                rows += _list_amounts(record, owner=record["id"], kind="unowned", name=None, article=document.id)
            case _:
                rows += _list_subject(record, id=record["id"], article=document.id, event=None)
    for person in extraction.people:
        rows += _list_person(person)
    return [_read_article(document, rows), *rows, *_list_mentions(extraction)]


def _list_event(record: Item, subjects: dict[tuple[str, str], str]) -> Iterator[Row]:
    """The rows of an event, and of its topics that are not yet among the article's `subjects`."""
    event, article = record["id"], record["document"]
    yield _read_event(record)
    yield from _list_participants(record, record=event, article=article)
    yield from _list_amounts(record, owner=event, kind="event", name=record["trigger"], article=article)
    for topic in record.get("topics", ()):
        if "record" in topic:
            yield _read_topic(topic, event=record, subject=topic["record"])
            continue
        # one type and name is one thing in an article; it is named by a mention, as records are
        key = topic["type"], topic["name"]
        known = key in subjects
        subject = subjects.setdefault(key, f"{article}:{topic['mentions'][0]}")
        yield _read_topic(topic, event=record, subject=subject)
        if not known:
            yield from _list_subject(topic, id=subject, article=article, event=event)


def _read_article(document: Document, rows: Sequence[Row]) -> ArticleRow:
    days = [row.first_date for row in rows if isinstance(row, EventRow) and row.first_date]
    return ArticleRow(
        id=document.id,
        source=document.source or None,
        title=next((line.strip() for line in document.text.splitlines() if line.strip()), None),
        first_date=min(days, default=None),
        characters=len(document.text),
        mention_count=len(document.entities),
        relation_count=len(document.relations),
        event_count=sum(isinstance(row, EventRow) for row in rows),
        project_count=sum(isinstance(row, ProjectRow) for row in rows),
        appointment_count=sum(isinstance(row, AppointmentRow) for row in rows),
        person_count=sum(isinstance(row, PersonRow) for row in rows),
    )


def _read_event(record: Item) -> EventRow:
    committee, session, chair = (record.get(name, {}) for name in ("committee", "session", "chair"))
    dates, times = record.get("dates", ()), record.get("times", ())
    days = span_days(dates)
    clock: Item = next((fact for fact in times if fact.get("type") == "time"), {})
    return EventRow(
        id=record["id"],
        article=record["document"],
        type=record["type"],
        trigger=record["trigger"],
        committee_name=committee.get("name"),
        committee_code=committee.get("code"),
        session_text=session.get("text"),
        session_number=session.get("number"),
        session_year_be=session.get("year_be"),
        session_year_ce=session.get("year_ce"),
        first_date=days.first,
        last_date=days.last,
        date_precision=read_precision(dates),
        year_inferred=any(fact.get("year_inferred", False) for fact in dates) if days.first else None,
        date_text=days.text,
        start_time=read_clock(clock.get("start")),
        end_time=read_clock(clock.get("end")),
        time_approximate=clock.get("approximate", False) if clock else None,
        time_text=join_texts(times),
        **read_periods(record),
        venue=record.get("venue", {}).get("name"),
        **read_levels(record.get("place", {})),
        place_basis=record["place"]["basis"] if "iso_3166_2" in record.get("place", {}) else None,
        chair_name=chair.get("name"),
        chair_position=chair.get("position"),
        mentions=tuple(record["mentions"]),
        confidence=record.get("confidence"),
        record=dict(record),
    )


def _read_topic(topic: Item, *, event: Item, subject: str) -> TopicRow:
    return TopicRow(
        event=event["id"],
        article=event["document"],
        type=topic["type"],
        name=topic["name"],
        subject=subject,
        mentions=tuple(topic["mentions"]),
        confidence=topic.get("confidence"),
    )


def _list_subject(subject: Item, *, id: str, article: str, event: str | None) -> Iterator[Row]:
    """The rows of what an event is about, or of a record that no event is about."""
    kind, name = subject["type"], subject["name"]
    if kind in ("project", "policy"):
        days = span_days(subject.get("dates", ()))
        yield ProjectRow(
            id=id,
            article=article,
            event=event,
            type=kind,
            name=name,
            name_key=fold_name(name),
            **read_periods(subject),
            first_date=days.first,
            last_date=days.last,
            venue=next((venue["name"] for venue in subject.get("venues", ())), None),
            **read_levels(next(iter(subject.get("places", ())), {})),
            mentions=tuple(subject["mentions"]),
            confidence=subject.get("confidence"),
            record=dict(subject),
        )
    yield from _list_participants(subject, record=id, article=article)
    yield from _list_amounts(subject, owner=id, kind=kind, name=name, article=article)


def _list_participants(item: Item, *, record: str, article: str) -> Iterator[ParticipantRow]:
    # an event tells its first chair from the others, a project does not
    chairs = [*([item["chair"]] if "chair" in item else ()), *item.get("other_chairs", ()), *item.get("chairs", ())]
    actors = {"chair": chairs, "participant": item.get("participants", ()), "organizer": item.get("organizers", ())}
    for role, those in actors.items():
        for number, actor in enumerate(those, 1):
            yield ParticipantRow(
                record=record,
                article=article,
                role=role,
                number=number,
                person=actor.get("person"),
                name=actor.get("name"),
                given_name=actor.get("given_name"),
                surname=actor.get("surname"),
                position=actor.get("position"),
                other_positions=tuple(actor.get("other_positions", ())),
                organization=actor.get("organization"),
                committee=actor.get("committee"),
                location=actor.get("location"),
                member_of=_list_seats(actor),
                mentions=tuple(actor["mentions"]),
                confidence=actor.get("confidence"),
            )


def _list_amounts(item: Item, *, owner: str, kind: str, name: str | None, article: str) -> Iterator[AmountRow]:
    for type_, facts in (("amount", item.get("amounts", ())), ("count", item.get("counts", ()))):
        for fact in facts:
            readable = fact.get("type") == type_
            minimum, maximum = (Decimal(fact[bound]) if bound in fact else None for bound in ("minimum", "maximum"))
            yield AmountRow(
                article=article,
                owner=owner,
                owner_kind=kind,
                owner_name=name,
                type=type_,
                text=fact["text"],
                unit=fact.get("unit"),
                minimum=minimum,
                maximum=maximum,
                approximate=fact.get("approximate", False) if readable else None,
                exclusive=fact.get("exclusive", False) if readable else None,
                per=fact.get("per"),
                **read_periods(fact),
                mentions=tuple(fact["mentions"]),
                confidence=fact.get("confidence"),
            )


def _read_appointment(record: Item) -> AppointmentRow:
    holder, committee = record["holder"], record.get("committee", {})
    return AppointmentRow(
        id=record["id"],
        article=record["document"],
        person=holder.get("person"),
        name=holder.get("name"),
        given_name=holder.get("given_name"),
        surname=holder.get("surname"),
        held_position=holder.get("position"),
        organization=holder.get("organization"),
        position=record.get("position"),
        **split_office(record),
        committee_name=committee.get("name"),
        committee_code=committee.get("code"),
        cue=record.get("cue"),
        mentions=tuple(record["mentions"]),
        confidence=record.get("confidence"),
        record=dict(record),
    )


def _list_seats(item: Item) -> tuple[str, ...]:
    return tuple(seat.get("name") or seat["code"] for seat in item.get("member_of", ()))


def _list_person(person: Item) -> Iterator[Row]:
    names = [person[part] for part in ("given_name", "surname") if part in person] or [person["name"]]
    yield PersonRow(
        id=person["id"],
        article=person["document"],
        name=person["name"],
        name_key=fold_name("".join(names)),
        **{part: person.get(part) for part in ("title", "rank", "given_name", "surname", "alias")},
        member_of=_list_seats(person),
        mentions=tuple(person["mentions"]),
        confidence=person.get("confidence"),
    )
    for number, post in enumerate(person.get("positions", ()), 1):
        yield PositionRow(
            person=person["id"],
            article=person["document"],
            number=number,
            position=post["position"],
            **split_office(post),
            mentions=tuple(post["mentions"]),
            confidence=post.get("confidence"),
        )


def _list_mentions(extraction: Extraction) -> Iterator[MentionRow]:
    document = extraction.document
    for entity in document.entities:
        yield MentionRow(
            article=document.id,
            id=entity.id,
            label=entity.label,
            start=entity.start,
            end=entity.end,
            text=document.text_of(entity),
            score=entity.score,
            value=extraction.values.get(entity.id),
        )
