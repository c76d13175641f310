"""The REST API, /api/v1/: authentication, responses and its OpenAPI description.

The apps add the operations: `articles.rest` and `comments.rest`. `liveblog.urls` puts them together.
"""
