"""From a primal function in the IR to its derivative in the IR."""
