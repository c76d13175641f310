"""What live desks are told: that something changed, who else is there, and how many read along."""
