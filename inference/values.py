"""The one entry to the values of mentions: which reader serves which label."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, TypeAlias

from thaigov_events.inference.amounts import Amount, Count, read_money, read_quantity
from thaigov_events.inference.dates import DateSpan, TimeSpan, read_date, read_time
from thaigov_events.inference.periods import Period, read_period
from thaigov_events.inference.places import Place, read_place
from thaigov_events.inference.reading import Reading, UnreadableError
from thaigov_events.inference.sessions import Session, read_session


@dataclass(frozen=True, slots=True)
class Unparsed(Reading):
    """A mention whose label has values, but whose text states none that can be read."""

    type_name: ClassVar[str] = "unparsed"
    reason: str


Value: TypeAlias = DateSpan | TimeSpan | Period | Amount | Count | Place | Session | Unparsed


@lru_cache(maxsize=4096)  # one article after another names the same provinces, times and years
def normalise(label: str, text: str, *, year: int | None = None, fiscal_year: int | None = None) -> Value | None:
    """Return the value that a mention of `label` states; never raises on any text.

    `year` is that of the article or of the nearest dated mention, for dates and periods without one, `fiscal_year`
    the article's, for parts of fiscal years without one; both are Gregorian. None for labels without values and for
    places that are no administrative area; `Unparsed` where nothing sure can be read.
    """
    try:
        match label:
            case "DATE":
                return read_date(text, year=year)
            case "TIME":
                return read_time(text)
            case "PERIOD":
                return read_period(text, year=year, fiscal_year=fiscal_year)
            case "SESSION_NUMBER":
                return read_session(text)
            case "MONEY":
                return read_money(text)
            case "QUANTITY":
                return read_quantity(text)
            case "LOCATION":
                return read_place(text)
            case _:
                return None
    except UnreadableError as error:
        return Unparsed(str(error))
