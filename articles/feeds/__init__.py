"""Offer the coverage to other programs: feeds, sitemaps, and pings to hubs and search engines."""
