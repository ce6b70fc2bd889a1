#!/usr/bin/env python3
"""Ports for what the stages start. Usage: ports.py DIRECTORY [DISTANCE]

Prints a port of 127.0.0.1 that nobody has, as is the one DISTANCE further on. DIRECTORY remembers, so that none is given twice. All lie below
those that the kernel gives to connections: one that is free now is free when it is used.
"""
import os
import pathlib
import random
import socket
import sys


def free(directory, distance=0):
    os.makedirs(directory, exist_ok=True)
    while True:
        port = random.randint(12000, 19999)
        try:
            for one in {port, port + distance}:
                with socket.socket() as s:
                    s.bind(("127.0.0.1", one))
                pathlib.Path(directory, str(one)).touch(exist_ok=False)
            return port
        except OSError:
            pass


if __name__ == "__main__":
    print(free(sys.argv[1], *map(int, sys.argv[2:])))
