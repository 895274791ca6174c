"""The guard of tests/network_plugin.py holds."""

import socket

import pytest


def test_tests_reach_no_other_machine():
    # An address of the block that is reserved for documentation.
    with socket.socket() as connection, pytest.raises(OSError, match="tests talk to this machine only"):
        connection.connect(("192.0.2.1", 80))


def test_tests_reach_this_machine():
    with socket.socket() as server, socket.socket() as connection:
        server.bind(("127.0.0.1", 0))
        server.listen()
        connection.connect(server.getsockname())
