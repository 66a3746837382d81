"""Kinds of long work beside content: imports, bulk checks. One file each, found by looking through this package."""
