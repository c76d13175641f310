"""The translation memory: reviewed passages, reused when the same or similar ones are translated."""
