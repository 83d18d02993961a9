"""What every room stands on: database handle, clock, errors, crypto, ids. No product words."""
