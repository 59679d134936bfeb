"""The linking of chat accounts to member accounts: one-time links, proof of identity, OAuth, tokens and web pages."""
