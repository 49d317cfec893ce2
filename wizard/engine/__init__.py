"""Facts, checks, plan, apply, journal, lock, events. No SDK and no screen: both are injected."""
