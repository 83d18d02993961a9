"""The demo: sample agency, emulated CRMs and mailbox, from which nothing can leave."""
