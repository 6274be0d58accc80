"""What is a trial like where nothing else is asked for? The command line shows these numbers and imports nothing heavy for it."""

from typing import Final

# The policy whose course is given.
POLICY: Final = "pilot"
# Firms in the sample, the share of them that is invited, years of following, and the most histories of the posterior.
FIRMS: Final = 200
SHARE: Final = 0.5
YEARS: Final = 3
DRAWS: Final = 100
