"""Dates as well as they are known: EDTF read, bounded, and written out for people."""

from app.core.dates.reading import FuzzyDate, parse_edtf, year_bounds
from app.core.dates.writing import format_days, format_edtf

__all__ = ["FuzzyDate", "format_days", "format_edtf", "parse_edtf", "year_bounds"]
