"""A portal for agencies that manage many client CRM accounts."""
