"""Storage of data that must outlive one question: rows, counters and leases, in SQLite or PostgreSQL."""
