"""Runs the simulator until it is told to stop: `python -m genesys_simulator --port 0 --port-file PATH`."""

import argparse
import signal
import threading
from pathlib import Path

from genesys_simulator.settings import Settings
from genesys_simulator.simulator import GenesysSimulator


def _arguments() -> tuple[argparse.Namespace, Settings]:
    defaults = Settings()
    parser = argparse.ArgumentParser(prog="genesys_simulator", description="A Genesys Cloud on 127.0.0.1.")
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0 (default) picks a free one")
    parser.add_argument("--port-file", type=Path, help="file to write the port to, once the simulator listens")
    parser.add_argument("--client-id", default=defaults.client_id, help="who may log in (default: %(default)s)")
    parser.add_argument("--client-secret", default=defaults.client_secret, help="and with what (default: %(default)s)")
    parser.add_argument("--latency-seconds", type=float, default=0.0, help="how long a call takes (default: 0)")
    arguments = parser.parse_args()
    try:
        settings = Settings(
            client_id=arguments.client_id,
            client_secret=arguments.client_secret,
            latency_seconds=arguments.latency_seconds,
        )
    except ValueError as error:
        parser.error(str(error))
    return arguments, settings


def _write_port(path: Path, port: int) -> None:
    # By renaming, so that whoever waits for the file never reads half of it.
    unfinished = path.with_name(f"{path.name}.unfinished")
    unfinished.write_text(f"{port}\n")
    unfinished.replace(path)


def main() -> None:
    """Starts, says where, and waits for SIGTERM or SIGINT."""
    arguments, settings = _arguments()
    told_to_stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told_to_stop.set())
    with GenesysSimulator(settings, port=arguments.port) as simulator:
        try:
            if arguments.port_file:
                _write_port(arguments.port_file, simulator.port)
            print(f"Genesys Cloud simulator: {simulator.url}, what it can do: {simulator.url}/_simulator/", flush=True)
            told_to_stop.wait()
        finally:
            if arguments.port_file:
                arguments.port_file.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
