"""Inputs that nobody meant: made from good ones by changes drawn from a seed, and given to whatever reads a user's input."""
