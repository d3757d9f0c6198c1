"""Reports on the town's cadence: 日跟进 周调度 月协调 季总结."""

from geo.reports.assembling import Report, report, report_of
from geo.reports.writing import write_report

__all__ = ["Report", "report", "report_of", "write_report"]
