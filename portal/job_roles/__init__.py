"""Job roles: what a person does, in the client's words."""
