"""Typed, frozen facts that rules judge; one file a topic."""
