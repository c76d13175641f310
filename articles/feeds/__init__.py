"""What other programs read of the coverage: feeds, sitemaps, and notices to hubs and search engines."""
