"""An emulated HubSpot: a stateful HTTP server for the demo and the tests, on loopback only."""
