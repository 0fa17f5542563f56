"""Derivative rules as data. Importing them imports no array library."""
