"""Which page follows which, for these answers: shared by every front end."""
