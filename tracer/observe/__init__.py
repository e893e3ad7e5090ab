"""Start a server with the agent in it, and read the rings that it leaves."""
