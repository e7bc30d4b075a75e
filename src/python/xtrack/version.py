"""The client's version; bump together with package.json."""

VERSION = "0.1.0"
CLIENT = "xtrack-python " + VERSION
