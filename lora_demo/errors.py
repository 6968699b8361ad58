"""What an error means: a full disk, and a failed run in a sentence."""

import errno

from safetensors import SafetensorError

DISK_FULL = "The disk is full: free some space and resume."


def is_disk_full(error: BaseException) -> bool:
    """Whether an exception says that nothing more can be written; safetensors has no number for it, only words."""
    return (
        getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT)
        or isinstance(error, SafetensorError)
        and "os error 28" in str(error)
    )


def failure(error: Exception) -> str:
    """An exception as one sentence for a person."""
    if (
        isinstance(error, MemoryError)
        or "ResourceExhausted" in type(error).__name__
        or "RESOURCE_EXHAUSTED" in str(error)
    ):
        return "Memory ran out: take a smaller batch, shorter sentences or a smaller base."
    if is_disk_full(error):
        return DISK_FULL
    return (str(error) or type(error).__name__).split("\n")[0][:500]
