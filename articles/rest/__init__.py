"""Articles, updates and translations in the REST API, /api/v1/ (`liveblog.rest`)."""
