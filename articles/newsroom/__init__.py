"""The newsroom's screens around the desks: home, starting coverage, and the command palette."""
