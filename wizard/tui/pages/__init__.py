"""The pages of the wizard, one module each, loaded when they are first shown."""
