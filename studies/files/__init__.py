"""How do tables come from files and go to files? As rows, columns and blocks, in formats named by the suffix of the file."""
