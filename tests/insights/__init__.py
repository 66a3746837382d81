"""Music, books, prices and channels: computed, checked and told."""
