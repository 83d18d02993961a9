"""What the portal's pages are measured against; each is a WSGI application over the portal's own tables."""
