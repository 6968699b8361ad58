"""The C library's heap, set up for a process that trains.

Each step allocates the same large arrays again. By default glibc gives such memory back to the
kernel and requests it again, and the kernel clears and maps every page at its first use.
"""

import ctypes
import platform

M_TRIM_THRESHOLD = -1
M_MMAP_MAX = -4
M_ARENA_MAX = -8
MAX_INT = 2**31 - 1


def keep_freed_memory() -> bool:
    """Keep the memory that this process frees, for its own later use.

    Call this in a process that ends with its training: memory does not shrink afterwards.

    Returns:
        True if the C library is glibc and accepted the settings; False changes nothing.
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    libc = ctypes.CDLL(None)
    settings = {M_MMAP_MAX: 0, M_TRIM_THRESHOLD: MAX_INT, M_ARENA_MAX: 1}
    return all(libc.mallopt(name, value) == 1 for name, value in settings.items())
