"""The pages around the coverage: the front page, topics, authors, the archive and the search."""
