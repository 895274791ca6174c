"""The network is off for tests: only this machine may be reached, so that no result depends on anybody else's."""

import ipaddress
import socket
import sys


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _refuse_others(event: str, arguments: tuple[object, ...]) -> None:
    if event != "socket.connect":
        return
    connection, address = arguments
    inet = isinstance(connection, socket.socket) and connection.family in {socket.AF_INET, socket.AF_INET6}
    # A datagram socket that connects sends nothing: it is how programs ask for their own address.
    if inet and connection.type == socket.SOCK_STREAM and isinstance(address, tuple) and not _is_here(str(address[0])):
        raise OSError(f"A test tried to reach {address[0]}; tests talk to this machine only.")


sys.addaudithook(_refuse_others)
