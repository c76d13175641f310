"""The moderators' screen: waiting and reported comments with their context, and the decisions on them."""
