"""A made-up agency of any size, to try the portal at scale."""
