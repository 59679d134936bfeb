"""One-time deep links, proof of the same person, OAuth, sealed tokens, pages."""
