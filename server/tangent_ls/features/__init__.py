"""One module for each request: from a document and a position to the protocol's answer."""
