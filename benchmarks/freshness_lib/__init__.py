"""How old is what one sees? A month in virtual time, under several ways to spend the same plan."""
