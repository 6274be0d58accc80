"""What does a reader see? The report of a run and the page of a sensitivity study."""
