"""The tabs of the page, one file each: widgets and their handlers, without logic."""
