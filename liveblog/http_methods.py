"""HTTP methods."""

#: Safe methods, which change nothing (RFC 9110, section 9.2.1).
SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
