"""Campaigns: reading export files, storing their days, and judging what they tell."""
