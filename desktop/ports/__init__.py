"""What the services ask of the world, as Protocols; the adapters answer."""
