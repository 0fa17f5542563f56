"""What a name means, from text alone or from live objects, behind one interface."""
