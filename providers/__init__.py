"""Everything about reaching AI providers; knows nothing of marketing."""
