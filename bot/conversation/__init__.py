"""Conversations: what a message means after the previous answer, and the replies to it."""
