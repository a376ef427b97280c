"""Asking the world and writing down what it said; nothing here judges."""
