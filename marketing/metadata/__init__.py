"""Metadata as stores want it: rules, fixes, code lists, scores. Pure: records are dictionaries, no database."""
