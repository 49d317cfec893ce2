"""The kubelet of the sandbox: pods as local processes."""
