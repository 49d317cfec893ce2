"""The Argo CD of the sandbox."""
