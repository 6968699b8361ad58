"""The tabs of the page, one file each: widgets and what they call, no logic."""
