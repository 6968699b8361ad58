"""The lessons of the page: their content, the recorded runs, and a visitor's progress."""
