"""The moderators' screen: what waits, in its context, and what they decide about it."""
