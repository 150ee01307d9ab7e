"""Domain to text: findings, rule pages, plans. Nothing here reads or prints; callers pass what is needed and get a string."""
