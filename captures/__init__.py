"""Real captures and recordings that ship with hopscope, each with what made it."""
