"""Source text: positions, spans, parsing and the tolerant outline of a file."""
