"""What does a file say of itself once it has left the house? Label, verdict, seed, fingerprint, versions and command.

They stand in the attributes of a netCDF file and of each of its groups, in the metadata of a Parquet file, and for a CSV in a
JSON file beside it. No hash of a result covers them, and no reader of ours needs them.
"""

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from execution.fingerprint import content_hash, versions

if TYPE_CHECKING:
    import xarray as xr

KEYS: Final = ("label", "verdict", "seed", "fingerprint", "versions", "command")
CONVERGED: Final = "converged"
NOT_CONVERGED: Final = "NOT CONVERGED"


def verdict_of(converged: bool) -> str:
    """Return the verdict in words that a reader cannot overlook."""
    return CONVERGED if converged else NOT_CONVERGED


def provenance(label: str, verdict: str, seed: int | str, fingerprint: Mapping[str, Any]) -> dict[str, str]:
    """Return the attributes that a file carries.

    Parameters
    ----------
    label : str
        What kind of answer the file holds; the attribute ``label`` repeats the verdict before it.
    verdict : str
        Whether the answer may be trusted, in a word or two.
    seed : int or str
        First of all keys, or where the seeds stand. It is stored as text, since not every reader knows 64 bits without a sign.
    fingerprint : mapping
        On what the answer depends; its SHA-256 is stored.
    """
    texts = {
        "label": f"{verdict}; {label}",
        "verdict": verdict,
        "seed": str(seed),
        "fingerprint": content_hash(dict(fingerprint)),
        "versions": "; ".join(f"{name} {version}" for name, version in versions().items()),
        "command": " ".join(sys.argv),
    }
    # A path on the command line may hold bytes that are no text; files hold text in UTF-8.
    return {key: text.encode("utf-8", "backslashreplace").decode() for key, text in texts.items()}


def provenance_in(attributes: Mapping[Any, Any]) -> dict[str, str]:
    """Return what attributes say of the file's origin, without those that speak of something else."""
    return {key: str(attributes[key]) for key in KEYS if key in attributes}


def labelled(
    content: "xr.Dataset | Mapping[str, xr.Dataset]", attributes: Mapping[str, str]
) -> "xr.Dataset | dict[str, xr.Dataset]":
    """Return a dataset with attributes added, or groups by name, of which the root and each group get them."""
    import xarray as xr

    if isinstance(content, xr.Dataset):
        return content.assign_attrs(attributes)
    groups = {name: group.assign_attrs(attributes) for name, group in content.items()}
    return {"/": xr.Dataset(attrs=attributes), **groups}
