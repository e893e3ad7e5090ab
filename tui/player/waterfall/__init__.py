"""The waterfall: who held which lane, or where each request was, over a span of time. Pure."""
