"""Draw the preview pictures of shared links to articles and updates."""
