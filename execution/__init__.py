"""How is work done, kept and stopped? Run folders, tasks, executors and batch systems, which know no cluster and no statistic."""

from industrial_takeoff import check_packages

check_packages(__name__)
