"""How is work done, kept and stopped? Run folders, tasks, executors and batch systems, which know no cluster and no statistic."""
