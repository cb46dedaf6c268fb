"""How a run went and how good its result is: as JSON, on a terminal, as a web page."""

from syntagma.learning.report.html import render_html, write_html
from syntagma.learning.report.report import DataSetScores, Report, write_json
from syntagma.learning.report.terminal import print_report

__all__ = ["DataSetScores", "Report", "print_report", "render_html", "write_html", "write_json"]
