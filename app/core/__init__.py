"""The lowest floor: database handle, errors, text, localized text, dates and paging, without the web."""
