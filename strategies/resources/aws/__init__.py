"""AWS: clients, readers of facts, and one handler for each kind of resource."""
