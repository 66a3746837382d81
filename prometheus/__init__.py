"""The project: settings, addresses, the queue's plumbing and the parent process."""
