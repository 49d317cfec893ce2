"""AWS CodeCommit: Git inside AWS, reached through a VPC endpoint."""
