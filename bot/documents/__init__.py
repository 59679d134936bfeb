"""Documents that open in a browser: a member's own behind a one-time link and a code, directory data behind a link.

A member's card also has a QR code for a provider's front desk.
"""
