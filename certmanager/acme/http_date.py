"""Dates in HTTP's headers, in all three forms that a recipient must take (RFC 9110 section 5.6.7)."""

import datetime

_YEARS_AHEAD = 50
_IMF_FIXDATE = "%a, %d %b %Y %H:%M:%S GMT"
_RFC_850 = "%A, %d-%b-%y %H:%M:%S GMT"
_ASCTIME = "%a %b %d %H:%M:%S %Y"


def parse(text: str, now: datetime.datetime) -> datetime.datetime | None:
    """The moment, or none if it is no date; `now` says which century two digits mean."""
    for form in (_IMF_FIXDATE, _RFC_850, _ASCTIME):
        try:
            moment = datetime.datetime.strptime(text.strip(), form).replace(tzinfo=datetime.UTC)
            return _in_century(moment, now) if form == _RFC_850 else moment
        except ValueError:
            continue
    return None


def _in_century(moment: datetime.datetime, now: datetime.datetime) -> datetime.datetime:
    """The last year with these two digits that isn't more than 50 years ahead."""
    latest = now.year + _YEARS_AHEAD
    return moment.replace(year=latest - (latest - moment.year) % 100)
