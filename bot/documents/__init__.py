"""Documents: printing, encrypted storage until the download, and delivery."""
