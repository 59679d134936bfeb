"""Documents: what is printed, kept until it is fetched, and handed over."""
