"""Settings of the app's own process: how many connections it can hold, and how it frees memory."""

import ctypes
import resource
from contextlib import suppress

M_ARENA_MAX = -8
"""Number of the option in glibc's mallopt(3)."""
ARENAS = 2


def allow_many_connections() -> None:
    """Raise the limit of open files and connections to the most that the system allows.

    The usual limit is so low that idle connections could lock new visitors out.
    """
    _, maximum = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (maximum, maximum))


def limit_memory_arenas() -> None:
    """Let all threads share two arenas of glibc's allocator.

    By default glibc makes up to eight arenas per core, and memory that a thread frees stays in
    its arena, unused by the other threads. Other C libraries lack this option.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, ARENAS)
