"""How does a number look to a reader? With the digits it deserves, a true minus sign, and no share rounded to certainty."""

from typing import Final

import numpy as np

MINUS: Final = "\u2212"


def amount(value: float, digits: int = 3) -> str:
    """Return a number in its significant digits, with commas between thousands; NaN becomes a dash.

    Parameters
    ----------
    digits : number of significant digits
    """
    if not np.isfinite(value):
        return "\u2013" if np.isnan(value) else ("\u221e" if value > 0 else MINUS + "\u221e")
    if value == 0:
        return "0"
    size = int(np.floor(np.log10(abs(value))))
    rounded = round(value, digits - 1 - size)
    text = f"{rounded:,.0f}" if size >= digits - 1 else f"{rounded:.{max(0, digits - 1 - size)}f}"
    return text.replace("-", MINUS)


def signed(value: float, digits: int = 3) -> str:
    """Return an effect with its sign, in its significant digits."""
    return ("+" if value > 0 else "") + amount(value, digits)


def share(value: float) -> str:
    """Return a share in per cent; a share other than 0 or 1 is never rounded to 0 or 100 %, and NaN becomes a dash."""
    if np.isnan(value):
        return "\u2013"
    if 0 < value < 0.005:
        return "< 1 %"
    if 0.995 <= value < 1:
        return "> 99 %"
    return f"{100 * value:.0f} %"


def percent(value: float) -> str:
    """Return a share in per cent, with two digits and a true minus sign; a dash where it is not known."""
    if not abs(value) < float("inf"):
        return "\u2013"
    text = "below 0.1" if 0.0 < value < 1e-3 else f"{100 * value:.2g}" if abs(value) < 1.0 else f"{100 * value:,.0f}"
    return f"{text.replace('-', MINUS)} %"
