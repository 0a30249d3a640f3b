"""What others may reach of this program over HTTP: callbacks of hubs, links to unsubscribe."""
