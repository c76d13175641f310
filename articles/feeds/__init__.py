"""Offer the coverage to other programs: feeds, sitemaps, and notices to hubs and search engines."""
