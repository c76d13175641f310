"""The translation memory: reviewed passages, found again when the same or similar words are to be translated."""
