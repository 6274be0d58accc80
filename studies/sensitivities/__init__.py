"""Which parameters matter? Designs, paired histories at their points, indices, and the split of variance."""
