"""The sector's tables: declared as data, counted where the rows are, drillable, frozen, compared, sent."""
