"""What runs inside somebody else's server: standard library only, fails open, private import name.

Never import this package as ``tracer.agent`` from a server: ``inject/sitecustomize.py`` loads it
under the name ``_hopscope_agent``, so that a user's own package called ``tracer`` is not shadowed.
The rest of the project knows ``tracer.agent.layout`` alone.
"""
