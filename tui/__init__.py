"""The terminal app: the player (pure functions) and its Textual shell."""
