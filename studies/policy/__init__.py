"""What does a policy do to a cluster? Outcomes, paired replays, the decision table, and advice for a cluster of one's own."""
