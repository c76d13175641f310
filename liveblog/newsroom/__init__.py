"""Parts of live desks and of other pages of the newsroom that show who else is there and what changed."""
