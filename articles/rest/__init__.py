"""Articles, updates and translations in the interface for programs, /api/v1/ (`liveblog.rest`)."""
