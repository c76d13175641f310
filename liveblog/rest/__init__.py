"""The HTTP interface for programs, /api/v1/: who may use it, how it answers, and what it says of itself.

The apps add the operations: `articles.rest` and `comments.rest`. `liveblog.urls` puts them together.
"""
