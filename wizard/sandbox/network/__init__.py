"""The two networks of the sandbox, the workstation's and the VPC's, as CONNECT proxies in front of local TLS servers."""
