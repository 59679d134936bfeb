"""A member's words to an intent and its slots, by rules that a person can read."""
