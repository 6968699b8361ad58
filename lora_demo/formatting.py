"""Durations, sizes and counts as short English text."""

SIZE_UNITS = ("B", "kB", "MB", "GB")


def format_duration(seconds: float) -> str:
    """Format a duration: 40 s, 3 min 20 s, 25 min, 1 h 5 min.

    Args:
        seconds: Any number; a negative one counts as 0.
    """
    seconds = max(0, round(seconds))
    if seconds < 100:
        return f"{seconds} s"
    if seconds < 600:
        return f"{seconds // 60} min {seconds % 60} s"
    if seconds < 3600:
        return f"{round(seconds / 60)} min"
    return f"{seconds // 3600} h {seconds % 3600 // 60} min"


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
            return f"{count:.3g} {unit}"
    return f"{count:,.0f} {SIZE_UNITS[-1]}"


def format_count(number: float) -> str:
    """Format a count for a label: 950, 442 k, 1.77 M, 3 G.

    Args:
        number: A count, or a fraction, which is written as it is.
    """
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= limit:
            return f"{number / limit:.3g} {unit}"
    return f"{number:g}"


def plural(count: int, noun: str) -> str:
    """Write a count with its noun: 1 word, 1,200 words.

    Args:
        count: A whole number.
        noun: The noun in the singular; its plural has an s.
    """
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
