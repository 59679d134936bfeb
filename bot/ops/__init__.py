"""What operators need: the log, metrics, health, the audit trail, limits, and what stands before every route."""
