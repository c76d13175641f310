"""Settings that administrators can change in the newsroom, unless the server's environment sets them."""
