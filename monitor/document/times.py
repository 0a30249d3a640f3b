"""Times as people write them in a file: one that names no zone is read in its section's, else in that of `defaults`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, PlainValidator, ValidationInfo, WithJsonSchema

from monitor.text.hours import Hours, ending, parse_hours, parse_moment, parse_zone
from monitor.text.timetable import Timetable, parse_timetable


def _zone(info: ValidationInfo) -> str:
    zone: str = info.data.get("zone") or (info.context or {}).get("zone", "UTC")
    return zone


def _hours(value: Any, info: ValidationInfo) -> Hours:
    return parse_hours(value, zone=_zone(info))


def _moment(value: Any, info: ValidationInfo) -> datetime:
    return parse_moment(value, zone=_zone(info))


def _timetable(value: Any, info: ValidationInfo) -> Timetable:
    return parse_timetable(value, zone=_zone(info))


def one_or_many(value: object) -> object:
    """Take one text for a list of one."""
    return [value] if isinstance(value, str) else value


_TEXT = WithJsonSchema({"type": "string"})

Zone = Annotated[str, BeforeValidator(parse_zone)]
HoursOfWeek = Annotated[
    tuple[Annotated[Hours, PlainValidator(_hours), _TEXT], ...], BeforeValidator(one_or_many), AfterValidator(ending)
]
MomentText = Annotated[datetime, PlainValidator(_moment), _TEXT]
TimetableText = Annotated[Timetable, PlainValidator(_timetable), _TEXT]
