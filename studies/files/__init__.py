"""How do tables come from files and go to files? Rows, columns, formats, and the panel of a history."""
