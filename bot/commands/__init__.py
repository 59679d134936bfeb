"""What each command of contract.md does. Like `app`, these may import everything."""
