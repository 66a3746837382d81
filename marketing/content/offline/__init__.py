"""Offline drafts: copy composed from the brief's facts alone, always possible, always within the limits."""
