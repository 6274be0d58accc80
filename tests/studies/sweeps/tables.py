"""A table for sweeps: clusters, policies, seeds, changes and structures mixed, so that no group of histories stands together."""

HEADER = "case,policy,seed,entry_intensity,production_span,structure.ladder,structure.many_sided\n"
ROWS = [
    ("9", "", "", "", "", "", ""),
    ("dhaka", "credit", "2", "4.5", "", "", ""),
    ("9", "", "3:5", "", "0.8", "", ""),
    ("18", "training", "18446744073709551615", "2.5", "0.81", "3", ""),
    ("17-nairobi-metalwork", "credit", "6", "", "", "", "one_logit"),
    ("9", "status-quo", "7", "3.25", "", "6", ""),
]
PARAMETERS = ("entry_intensity", "production_span")
