"""The widgets that the pages are made of."""
