"""Clean, compare and lay out text. Depends on no models."""
