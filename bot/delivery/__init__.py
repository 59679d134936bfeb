"""A platform's messages are kept until they are answered, and our replies until they are to be deleted."""
