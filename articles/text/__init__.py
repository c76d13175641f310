"""Clean, compare and lay out text. Knows no model."""
