"""What Slack offers a person who opens the chat: (title, message)."""

PROMPTS = (
    ("What did I owe last time?", "What did I owe for my last visit?"),
    ("My recent claims", "Show my claims"),
    ("Find a doctor near me", "Find an in-network cardiologist near 37402 accepting new patients"),
    ("What can you do?", "help"),
)
