#!/usr/bin/python3
"""
The benchmark's work by pyroute2: IPRoute, and IPBatch for many requests in one system call, as their documentation has
them. A command a line is read, and answered with a line of JSON.
"""
import json
import sys
import time

from pyroute2 import IPBatch, IPRoute

# Requests under way at once: their acknowledgements have to find room in the socket's buffer.
MOST_UNDER_WAY = 200

route = IPRoute()


def index_of(name):
    return route.link_lookup(ifname=name)[0]


def taps(start, end):
    return [f"t{number}" for number in range(int(start), int(end))]


def bridge(name):
    route.link("add", ifname=name, kind="bridge", state="up")


def create(start, end):
    for name in taps(start, end):
        route.link("add", ifname=name, kind="tuntap", mode="tap", ifr={"no_pi": 1})


def attach(start, end, bridge, way):
    return WAYS[way](taps(start, end), index_of(bridge))


def attach_each(names, master):
    each = []
    last = time.perf_counter()
    for name in names:
        route.link("set", index=index_of(name), master=master, state="up")
        now = time.perf_counter()
        each.append((now - last) * 1e6)
        last = now
    return {"each": each}


def attach_pipelined(names, master):
    return {"unsupported": "IPRoute waits for each answer, and IPBatch sends many requests as one"}


def attach_batch(names, master):
    batch = IPBatch()
    for start in range(0, len(names), MOST_UNDER_WAY):
        part = names[start : start + MOST_UNDER_WAY]
        for name in part:
            batch.link("set", index=index_of(name), master=master, state="up")
        route.sendto(batch.batch, (0, 0))
        batch.reset()
        receive_acknowledgements(len(part))


def receive_acknowledgements(count):
    while count > 0:
        for message in route.marshal.parse(route.recv(1 << 16)):
            if message["header"]["error"] is not None:
                raise message["header"]["error"]
            count -= 1


WAYS = {"each": attach_each, "pipelined": attach_pipelined, "batch": attach_batch}


def remove(start, end, *bridges):
    for name in [*taps(start, end), *bridges]:
        route.link("del", index=index_of(name))


def links():
    return {"count": len(list(route.get_links()))}


def link(name):
    list(route.link("get", ifname=name))


def fdb(bridge):
    return {"count": len(list(route.fdb("dump", master=index_of(bridge))))}


COMMANDS = {
    "ready": lambda: None,
    "bridge": bridge,
    "create": create,
    "attach": attach,
    "remove": remove,
    "links": links,
    "all": links,
    "link": link,
    "fdb": fdb,
}


def main():
    for line in sys.stdin:
        command, *words = line.split()
        start = time.perf_counter()
        answer = COMMANDS[command](*words)
        milliseconds = (time.perf_counter() - start) * 1e3
        print(json.dumps({"milliseconds": milliseconds, **(answer or {})}), flush=True)


main()
