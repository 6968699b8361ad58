"""Durations, sizes and counts as short text in the reader's language."""

from datetime import datetime

from lora_demo.language import N_, _, format_number

MONTHS = (
    *(N_("Jan"), N_("Feb"), N_("Mar"), N_("Apr"), N_("May"), N_("Jun")),
    *(N_("Jul"), N_("Aug"), N_("Sep"), N_("Oct"), N_("Nov"), N_("Dec")),
)
SIZE_UNITS = ("B", "kB", "MB", "GB")


def format_duration(seconds: float) -> str:
    """Format a duration: 40 s, 3 min 20 s, 25 min, 1 h 5 min.

    Args:
        seconds: Any number; a negative one counts as 0.
    """
    seconds = max(0, round(seconds))
    if seconds < 100:
        return _("{seconds} s", seconds=seconds)
    if seconds < 600:
        return _("{minutes} min {seconds} s", minutes=seconds // 60, seconds=seconds % 60)
    if seconds < 3600:
        return _("{minutes} min", minutes=round(seconds / 60))
    return _("{hours} h {minutes} min", hours=seconds // 3600, minutes=seconds % 3600 // 60)


def format_size(count: float) -> str:
    """Format a number of bytes in decimal units with three digits: 1.8 MB.

    Args:
        count: Bytes.
    """
    if count < 1000:
        return f"{count:.0f} B"
    for unit in SIZE_UNITS[1:]:
        count /= 1000
        if count < 1000:
            return f"{format_number(count, '.3g')} {unit}"
    return f"{format_number(count, ',.0f')} {SIZE_UNITS[-1]}"


def format_count(number: float) -> str:
    """Format a count for a label: 950, 442 k, 1.77 M, 3 G.

    Args:
        number: A count, or a fraction, which is written as it is.
    """
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= limit:
            return f"{format_number(number / limit, '.3g')} {unit}"
    return format_number(number, "g")


def shown_system(name: str) -> str:
    """Write a system's name for readers: base is Basis in German.

    Args:
        name: The name, as files and clients have it.
    """
    return _("base") if name == "base" else name


def plural(count: int, noun: str) -> str:
    """Write a count with its noun in English: 1 word, 1,200 words.

    Args:
        count: A whole number.
        noun: The noun in the singular; its plural has an s.
    """
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def format_day(time: datetime) -> str:
    """Write a day: 21 Nov 2026.

    Args:
        time: A time of that day; its time zone is not converted.
    """
    month = _(MONTHS[time.month - 1])
    return _("{day} {month} {year}", day=time.day, month=month, year=time.year)


def format_time(time: datetime) -> str:
    """Write a day of this year and a time: 21 Nov, 20:30.

    Args:
        time: The time to write; its time zone is not converted.
    """
    month = _(MONTHS[time.month - 1])
    return _("{day} {month}, {time}", day=time.day, month=month, time=f"{time:%H:%M}")
