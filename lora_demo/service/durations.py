"""Moved to `lora_demo.formatting`."""

from lora_demo.formatting import format_duration

duration = format_duration
