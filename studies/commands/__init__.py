"""The commands of ``takeoff``, one function each; heavy packages are imported by the command that needs them."""
