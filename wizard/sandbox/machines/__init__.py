"""The stand-ins of the account's machines: folders and processes of this one, with a real Squid where there is one."""
