"""What is learned from simulated histories? The surrogate of the likelihood and the proposal for latents; both are networks."""
