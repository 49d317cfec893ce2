"""The git program: listing references, mirroring, and the pipeline file."""
