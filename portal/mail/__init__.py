"""Mail: what it says, how it looks, and how it becomes a message."""
