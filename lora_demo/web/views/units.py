"""Old names of `lora_demo.formatting` and `elements`."""

from lora_demo.formatting import format_count, format_size
from lora_demo.web.views.elements import SCROLL as SCROLL

size, short = format_size, format_count
