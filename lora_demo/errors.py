"""Describe errors to a user in one sentence."""

import errno
import re

from safetensors import SafetensorError

from lora_demo.language import N_, _

DISK_FULL = N_("The disk is full. Free some space and resume.")
OUT_OF_MEMORY = N_("Out of memory. Use a smaller batch, shorter sentences or a smaller base.")
FILE_TOO_LARGE = N_(
    "A file reached the size limit of this page. Use a lower rank, fewer pairs or a smaller base."
)
MAX_DESCRIPTION = 500
SILENT_FAILURE = r"without (setting an )?exception"
"""Python's message for C code that failed without an error of its own."""


def is_disk_full(error: BaseException) -> bool:
    """Check whether an exception means that the disk or the disk quota is full.

    Args:
        error: Any exception.
    """
    if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
        return True
    # safetensors gives no error number, only the text of the operating system.
    return isinstance(error, SafetensorError) and "os error 28" in str(error)


def describe_error(error: Exception) -> str:
    """Describe an exception in one sentence for a user.

    Args:
        error: Any exception; without a known cause, the first line of its message is returned.
    """
    if _is_out_of_memory(error):
        return _(OUT_OF_MEMORY)
    if is_disk_full(error):
        return _(DISK_FULL)
    if _is_file_too_large(error):
        return _(FILE_TOO_LARGE)
    first_line = (str(error) or type(error).__name__).split("\n")[0]
    return first_line[:MAX_DESCRIPTION]


def _is_out_of_memory(error: Exception) -> bool:
    """Check for Python's own error and for those of TensorFlow and JAX."""
    return (
        isinstance(error, MemoryError)
        or "ResourceExhausted" in type(error).__name__
        or "RESOURCE_EXHAUSTED" in str(error)
        or getattr(error, "errno", None) == errno.ENOMEM
        or "Cannot allocate memory" in str(error)
        or "can't start new thread" in str(error)
        # C code that cannot get memory may fail without an exception of its own.
        or (isinstance(error, SystemError) and re.search(SILENT_FAILURE, str(error)) is not None)
    )


def _is_file_too_large(error: Exception) -> bool:
    """Check for the limit of a process; safetensors gives only the system's text."""
    if getattr(error, "errno", None) == errno.EFBIG:
        return True
    return isinstance(error, SafetensorError) and "os error 27" in str(error)
