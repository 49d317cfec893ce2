"""The AWS of the sandbox: moto in server mode, filled from a scenario and made as strict as AWS is documented to be."""
