"""Who pays for a work place? The firm itself, less what others advance. Suppliers advance more where the division of labour is
deeper, and buyers advance more where they know the firm's quality better (WP 5703, sections II-IV and note 12).
"""

from typing import Any

from model.arithmetic import exp, log
from model.compiling import equation


@equation
def outlay(p: Any, rung: float) -> float:
    """Outlay of one work place on a rung where nobody advances anything (wage-years per worker).

    Formula: kappa_k = kappa r^k
    """
    return p.finance_outlay * exp(log(p.finance_outlay_rung) * rung)


@equation
def share_after_suppliers(p: Any, thick: float) -> float:
    """Share of an outlay that suppliers and traders leave to the firm: all of it where there are none (WP 5703, note 12).

    Formula: (1 + T/T0)^-e
    """
    return exp(-p.finance_thickness * thick)


@equation
def own_share(p: Any, s: Any, recognition: float) -> float:
    """Share of an outlay that a firm pays itself: buyers who recognise its quality advance the rest.

    Formula: 1 - lambda r
    """
    return 1.0 if s.own_cash == 1.0 else 1.0 - p.finance_record * recognition


@equation
def borne_loss(p: Any, profit: float) -> float:
    """Loss that remains to be paid in cash once owners have worked for less than a wage (wage-years a year, negative).

    Formula: min(0, pi + b)
    """
    return min(0.0, profit + p.finance_patience)
