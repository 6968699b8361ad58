"""The built-in German-English corpus: two small grammars of our own, and tests and probes written by hand."""
