"""Conversations: what a message means after the previous answer, and its replies."""
