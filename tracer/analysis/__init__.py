"""Recording -> numbers: latency, utilisation, queueing, blame."""
