"""One file per wire protocol, and what they share. No Django, no database."""
