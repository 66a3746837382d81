"""What the methods of `analysis` say on music, books, prices and channels, as plain data and words."""
