"""Official papers: made from the accepted record with templates that an office can change; never signed here."""
