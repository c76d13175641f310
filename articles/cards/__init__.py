"""Draw the pictures that stand for articles and updates where links to them are shared."""
