"""One file a server: what is patched in it, and for which versions (see `finder.TARGETS`)."""
