"""Documents to open in a browser: the member's own behind a one-time link and a code, directory facts behind a link.

A member's card also has a QR code that hands it over at a desk.
"""
