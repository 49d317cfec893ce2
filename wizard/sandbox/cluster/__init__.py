"""The Kubernetes API of the sandbox: a stand-in no larger than what its contract tests name, strict where kube-apiserver is."""
