"""Agencies, their members, and the scope that limits every statement to one agency."""
