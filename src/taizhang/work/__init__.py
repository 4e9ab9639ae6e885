"""What the system does by itself: sweep, harvest, backup, long jobs. Every run may be repeated."""
