# SPDX-License-Identifier: Apache-2.0
"""
Readers on the distribution's BCC; src/bench/child.ts has the protocol, src/bench/drain/works.ts what is read.

  drain.py MAP_ID WORK READER

BPF(text=) would compile a program, which needs the headers of the running kernel. The way from the ring to the
callback does not: it is taken as it is, on a BPF object that has compiled nothing and a RingBuf on a foreign ring.
"""
import ctypes as ct
import sys
from time import process_time_ns

from bcc import BPF
from bcc.libbcc import lib
from bcc.table import RingBuf


# Callbacks return 0: of one that returns nothing, BCC catches an exception for each record.


class Sample(ct.Structure):
    _fields_ = [("value", ct.c_uint), ("cpu", ct.c_uint)]


class Exec(ct.Structure):
    _fields_ = [
        ("time", ct.c_ulonglong),
        ("pid", ct.c_uint),
        ("ppid", ct.c_uint),
        ("comm", ct.c_char * 16),
        ("filename", ct.c_char * 32),
    ]


class ExecArgs(ct.Structure):
    _fields_ = [
        ("time", ct.c_ulonglong),
        ("pid", ct.c_uint),
        ("ppid", ct.c_uint),
        ("comm", ct.c_char * 16),
        ("filename", ct.c_char * 96),
        ("args", ct.c_char * 384),
    ]


def open_ring(map_id, event_class, callback):
    """What b["ring"].open_ring_buffer(callback) leads to."""
    b = BPF.__new__(BPF)
    b.module = b._ringbuf_manager = None
    ring = RingBuf.__new__(RingBuf)
    ring.bpf, ring.map_fd, ring._cbs = b, lib.bpf_map_get_fd_by_id(map_id), {}
    # event() would make the same class of the program's text.
    ring._event_class = event_class
    ring.open_ring_buffer(callback)
    return b, ring


total = 0
records = 0


def word(offset):
    def callback(ctx, data, size):
        global total, records
        total += ct.c_uint.from_address(data + offset).value
        records += 1
        return 0

    return callback


def sample(ctx, data, size):
    global total, records
    event = ring.event(data)
    total += event.value + event.cpu
    records += 1
    return 0


def exec_(ctx, data, size):
    global total, records
    event = ring.event(data)
    time, comm, filename = event.time, event.comm.decode(), event.filename.decode()
    total += event.pid + event.ppid + len(comm) + len(filename)
    records += 1
    return 0


def exec_args(ctx, data, size):
    global total, records
    event = ring.event(data)
    time, comm, filename, args = event.time, event.comm.decode(), event.filename.decode(), event.args.decode()
    total += event.pid + event.ppid + len(comm) + len(filename) + len(args)
    records += 1
    return 0


READERS = {
    "raw-8": (Sample, word(0)),
    "raw-64": (Exec, word(8)),
    "raw-512": (ExecArgs, word(8)),
    "objects-8": (Sample, sample),
    "objects-64": (Exec, exec_),
    "many-64": (Exec, exec_),
    "objects-512": (ExecArgs, exec_args),
}

b, ring = open_ring(int(sys.argv[1]), *READERS[sys.argv[2]])
print("{}", flush=True)
for _ in sys.stdin:
    total = records = 0
    start = process_time_ns()
    b.ring_buffer_consume()
    nanoseconds = process_time_ns() - start
    print(f'{{"records":{records},"nanoseconds":{nanoseconds},"sum":{total % 2**32}}}', flush=True)
