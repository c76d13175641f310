"""Render articles and updates, and serve the pages that readers open."""
