"""What is left of every quota, until when it lasts, and what to do about it."""
