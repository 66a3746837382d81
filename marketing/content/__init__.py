"""Content types: one file each with its brief, prompt, output schema, check and offline draft. No models here."""
