"""The audit trail: append-only, one hash chain per agency, in the transaction of what it records."""
