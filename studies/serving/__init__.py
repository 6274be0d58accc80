"""Local pages on a run, for a browser on the same machine."""
