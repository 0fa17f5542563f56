"""Shorter and cheaper derivative code with the same meaning."""
