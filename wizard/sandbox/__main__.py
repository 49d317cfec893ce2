"""``python -m wizard.sandbox``: how a launcher starts a sandbox as a process of its own."""

from wizard.sandbox.command import sandbox

if __name__ == "__main__":
    sandbox()
