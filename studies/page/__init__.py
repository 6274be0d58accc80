"""What is any page made of? Templates, drawings and pictures."""
