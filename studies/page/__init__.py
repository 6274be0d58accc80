"""What is any page made of? Drawings and pictures."""
