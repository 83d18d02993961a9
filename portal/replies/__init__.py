"""Reads the mails that come back: what they are, what they answer, whom and which job roles they name.

Pure: it knows no database, no product record and no web. Mails are hostile until read, so a child process
with limits does the reading. ``reader`` is the door, ``facts`` is what goes in and out; most of the rest runs
inside that child.
"""
