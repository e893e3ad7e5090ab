"""The demos: what to start, what to send, what to watch, the lesson, in English and Korean."""
