"""What is to be asked, checked and built: descriptions, and the kinds of resource that carry them out."""
