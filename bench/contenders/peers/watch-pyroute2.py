#!/usr/bin/python3
"""
Watches by pyroute2: an IPRoute that is bound to the group of links, as its documentation has it. A command a line is
read, and answered with a line of JSON.
"""
import json
import os
import socket
import sys
import threading
import time

from pyroute2 import IPRoute
from pyroute2.netlink.rtnl import RTMGRP_LINK

QUIET = 0.2
SO_RCVBUFFORCE = 33

route = IPRoute()
known = {}
seen = 0
errors = []


def read():
    global seen
    while True:
        try:
            for message in route.get():
                if message["event"] == "RTM_NEWLINK":
                    seen += 1
                    known[message["index"]] = message.get_attr("IFLA_MTU")
        except OSError as error:
            errors.append(f"{type(error).__name__}: {error}")


def watch(size=None):
    if size is not None:
        route.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, int(size))
    route.bind(groups=RTMGRP_LINK)
    threading.Thread(target=read, daemon=True).start()
    return {"pid": os.getpid()}


def report():
    before = -1
    while before != seen:
        before = seen
        time.sleep(QUIET)
    said = f'get() throws "{errors[0]}", and says nothing of what was lost' if errors else None
    return {"count": seen, "known": known, **({"said": said} if said else {})}


COMMANDS = {"ready": lambda: None, "watch": watch, "report": report}

for line in sys.stdin:
    command, *words = line.split()
    start = time.perf_counter()
    answer = COMMANDS[command](*words)
    print(json.dumps({"milliseconds": (time.perf_counter() - start) * 1e3, **(answer or {})}), flush=True)
os._exit(0)
