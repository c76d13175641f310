"""Full-text search in every language: one index of folded texts, in the database that holds the texts."""
