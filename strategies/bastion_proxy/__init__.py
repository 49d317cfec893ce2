"""The bastion-proxy strategy: Argo CD keeps its Git URL and goes through a proxy that has a way out."""
