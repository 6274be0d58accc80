"""What comes of each row of a table? One history, or several seeds, a row."""
