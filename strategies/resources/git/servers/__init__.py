"""Clients of the Git servers that organisations run themselves: looked at from outside, trusted, asked through their APIs."""
