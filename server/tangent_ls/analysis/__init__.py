"""Texts, functions, derivatives and their source maps, in plain values: no protocol here."""
