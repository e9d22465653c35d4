"""What every report is laid out with: page, table, palette, SVG, PDF and text."""
