"""Questions and checks that every strategy shares."""
