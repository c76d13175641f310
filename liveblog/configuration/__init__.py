"""Settings that administrators can change in the newsroom, as far as the environment of the server leaves them open."""
