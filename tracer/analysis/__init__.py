"""Recording -> numbers: latency, utilisation, queues. One module a noun; import from the modules.

Nothing is imported here, so that `duration`, which needs no numpy, comes at no cost.
"""
