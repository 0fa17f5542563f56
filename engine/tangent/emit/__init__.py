"""From the IR to Python text, with its source map."""
