"""From syntax trees to the IR."""
