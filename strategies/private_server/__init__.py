"""The private-server strategy: Argo CD syncs from a Git server that the organisation runs, with its own CA."""
