"""A bot and its payer on loopback ports, and people who talk to it; everything in between is the real path."""

from __future__ import annotations
