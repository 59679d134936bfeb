"""Teams over the Bot Connector: activities with a signed token in; Adaptive Cards out."""
