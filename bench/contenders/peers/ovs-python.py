#!/usr/bin/python3
"""
Open vSwitch by Python's ovs.db.idl, as its users have it: a replica, transactions that add to a set, next_cfg raised and cur_cfg
awaited. A command a line is read, and answered with a line of JSON.
"""
import json
import sys
import time

from ovs.db.idl import Idl, SchemaHelper, Transaction
from ovs.poller import Poller

helper = SchemaHelper(location="/usr/share/openvswitch/vswitch.ovsschema")
helper.register_columns("Open_vSwitch", ["bridges", "next_cfg", "cur_cfg"])
helper.register_columns("Bridge", ["name", "ports"])
helper.register_columns("Port", ["name", "tag", "interfaces"])
helper.register_columns("Interface", ["name", "ofport", "error"])
idl = Idl(sys.argv[1], helper)


def until(holds):
    while True:
        idl.run()
        if holds():
            return
        poller = Poller()
        idl.wait(poller)
        poller.block()


def root():
    return next(iter(idl.tables["Open_vSwitch"].rows.values()))


def bridge():
    return next(row for row in idl.tables["Bridge"].rows.values() if row.name == "br0")


def committed(transaction):
    root().increment("next_cfg")
    status = transaction.commit_block()
    if status != Transaction.SUCCESS:
        raise RuntimeError(Transaction.status_to_string(status))
    number = transaction.get_increment_new_value()
    until(lambda: root().cur_cfg >= number)


def add(start, end):
    transaction = Transaction(idl)
    names = [f"t{number}" for number in range(int(start), int(end))]
    for name in names:
        interface = transaction.insert(idl.tables["Interface"])
        interface.name = name
        port = transaction.insert(idl.tables["Port"])
        port.name = name
        port.interfaces = [interface]
        bridge().addvalue("ports", port.uuid)
    committed(transaction)
    wanted = set(names)
    for row in idl.tables["Interface"].rows.values():
        if row.name in wanted and row.ofport == [-1]:
            raise RuntimeError(row.error)


def delete(number):
    transaction = Transaction(idl)
    port = next(row for row in bridge().ports if row.name == f"t{number}")
    bridge().delvalue("ports", port.uuid)
    committed(transaction)


def listed():
    idl.run()
    ports = [(port.name, port.tag, [(i.ofport, i.error) for i in port.interfaces]) for port in bridge().ports]
    return {"count": len(ports) - 1}


COMMANDS = {"ready": lambda: None, "add": add, "delete": delete, "list": listed}

until(lambda: idl.change_seqno > 0 and len(idl.tables["Open_vSwitch"].rows) > 0)
for line in sys.stdin:
    command, *words = line.split()
    begun = time.perf_counter()
    more = COMMANDS[command](*words) or {}
    print(json.dumps({"milliseconds": (time.perf_counter() - begun) * 1000, **more}), flush=True)
