"""Each kind of resource and how to read, create, update and delete it: the only users of boto3, kubernetes and git."""
