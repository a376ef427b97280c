"""Exact arithmetic over addresses and ports, and later the ways in."""
