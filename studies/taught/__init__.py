"""What did the tables teach? Parameters before and after them, and their figures beside what the posterior predicts."""
