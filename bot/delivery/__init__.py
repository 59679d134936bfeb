"""Storage of incoming messages until they are answered, of reminders, and of replies that are to be deleted later."""
