"""Moments: points in time that the newsroom enters and reads in the time zone of an article."""
