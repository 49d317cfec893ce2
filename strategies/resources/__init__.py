"""Each kind of resource and how to read, create, update and delete it: the only users of botocore, kubernetes and git."""
