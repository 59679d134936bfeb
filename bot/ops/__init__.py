"""Operations: the log, metrics, health pages, the audit trail, rate limits, and middleware for all routes."""
