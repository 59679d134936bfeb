"""A member's words to an intent and its slots: rules license, counted weights decide."""
