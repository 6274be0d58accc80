"""How does a result look? One function a plot, on Matplotlib, in the colours and marks of the report."""

from industrial_takeoff import lazily

# Loaded when first used, as the plots themselves are.
_HOMES = {
    "alt_text": "studies.plots.telling",
    "caption": "studies.plots.telling",
    "save_plot": "studies.plots.paper",
    "source": "studies.plots.telling",
}
__all__ = ["alt_text", "caption", "save_plot", "source"]

__getattr__, __dir__ = lazily("studies", _HOMES)
