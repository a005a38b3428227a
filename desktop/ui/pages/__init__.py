"""What the window shows, one module a page; no page knows another."""
