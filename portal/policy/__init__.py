"""What each member may do, in one table, and the guard in front of every view."""
