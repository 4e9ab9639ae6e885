"""What templates may write: marks, days, money; no decisions."""
