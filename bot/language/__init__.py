"""Language understanding: from a message to an intent and its slots.

Rules limit the intents, counted weights choose.
"""
