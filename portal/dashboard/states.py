"""The names of the home page's jobs."""

DIGEST = "dashboard.digest"  # argument: the id of the ``Member``
