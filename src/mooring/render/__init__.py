"""Domain to text: findings, rule pages, plans. Nothing here reads or prints: callers pass values and get a string."""
