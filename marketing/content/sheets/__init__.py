"""Texts with several fields, such as an advertisement, an e-mail or a list of tags: declared in sheets.toml."""
