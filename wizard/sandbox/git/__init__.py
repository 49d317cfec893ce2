"""Git servers of the sandbox: GitHub and CodeCommit, ``git http-backend`` behind TLS, each with rules of its own."""
