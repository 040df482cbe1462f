"""The version, by itself so that anything may import it."""

from importlib.metadata import version

__version__ = version("planloom")
