"""What the scripts `captures/NAME/make.py` share: a network of their own, real servers, clients, logs.

A script runs as root in a network namespace that it makes, so that its ports are free, nothing else is on
`lo`, and no packet leaves. What it expects of a reader comes from the logs of the servers and of the
client, never from a reader of ours. Nothing in here is imported by `tracer`.
"""
