"""Hopscope: see, measure and predict how Python web stacks handle requests."""

__version__ = "0.1.0"
