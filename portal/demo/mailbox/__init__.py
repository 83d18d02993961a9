"""The demo mailbox: an SMTP server that keeps every mail, and pages that show them to the visitor."""
