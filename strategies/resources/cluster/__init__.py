"""The OpenShift cluster: its client, the objects we keep in it, and what is read from it."""
