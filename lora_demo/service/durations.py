"""Seconds for a reader."""


def duration(seconds: float) -> str:
    """40 s, 3 min 20 s, 1 h 5 min."""
    seconds = max(0, round(seconds))
    if seconds < 100:
        return f"{seconds} s"
    if seconds < 3600:
        return (
            f"{seconds // 60} min {seconds % 60} s"
            if seconds < 600
            else f"{round(seconds / 60)} min"
        )
    return f"{seconds // 3600} h {seconds % 3600 // 60} min"
