"""The program: asks, checks, plans, applies, remembers."""

__version__ = "0.1.0"
