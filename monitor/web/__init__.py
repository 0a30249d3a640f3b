"""What others may reach of this program over HTTP: so far, the callbacks of hubs."""
