"""The open-loop load generator, which records the client's own hop."""
