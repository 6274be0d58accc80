"""What would a run cost, and what precision does it buy? Measured before it is spent."""
