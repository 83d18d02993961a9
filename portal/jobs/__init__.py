"""Background work: rows are the truth, the queue is a nudge, sweeps find what was left behind."""
