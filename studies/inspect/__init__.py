"""What can be looked at? A run folder, the model's own description, this machine."""
