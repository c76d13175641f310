"""Search in texts of every language: one index of folded texts, in the database that holds the texts."""
