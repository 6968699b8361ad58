"""The frame around a wide table."""

from lora_demo.formatting import format_count, format_size

SCROLL = '<div class="scroll" tabindex="0" role="region" aria-label="{}">'
"""Around a table that may be wider than the page: the keyboard can scroll it."""

size, short = format_size, format_count
