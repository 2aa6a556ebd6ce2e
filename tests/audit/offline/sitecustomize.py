"""Python imports this at its start if it finds it: from then on, whoever turns to the network is ended."""

import os
import sys

CALLED_OUT = 97
ASKING = {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"}


def stay(event: str, arguments: tuple[object, ...]) -> None:
    """Ends the process at once: an exception could be swallowed."""
    if event in ASKING:
        os.write(sys.stderr.fileno(), f"called out: {event}{arguments}\n".encode())
        os._exit(CALLED_OUT)


sys.addaudithook(stay)
