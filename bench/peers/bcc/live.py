# SPDX-License-Identifier: Apache-2.0
"""
Consumers on the distribution's BCC; src/bench/child.ts has the protocol, src/bench/live/consumer.ts what is read, and
drain.py says how a ring is opened without the headers of the kernel.

  live.py MAP_ID count|latency
"""
import ctypes as ct
import json
import sys
from time import monotonic_ns, process_time_ns

from bcc import BPF
from bcc.libbcc import lib
from bcc.table import RingBuf

records = 0
ended = False
latencies = []


def on_record(ctx, data, size):
    global records, ended
    if ct.c_uint.from_address(data).value == 0:
        ended = True
        return
    records += 1


def on_time(ctx, data, size):
    global records, ended
    time = ct.c_ulonglong.from_address(data).value
    if time == 0:
        ended = True
        return
    latencies.append((monotonic_ns() - time) / 1000)
    records += 1


b = BPF.__new__(BPF)
b.module = b._ringbuf_manager = None
ring = RingBuf.__new__(RingBuf)
ring.bpf, ring.map_fd, ring._cbs = b, lib.bpf_map_get_fd_by_id(int(sys.argv[1])), {}
ring.open_ring_buffer(on_time if sys.argv[2] == "latency" else on_record)

print("{}", flush=True)
for _ in sys.stdin:
    records = 0
    ended = False
    latencies.clear()
    cpu = process_time_ns()
    while not ended:
        b.ring_buffer_poll()
    answer = {"records": records, "cpuNs": process_time_ns() - cpu, "endNs": monotonic_ns()}
    if latencies:
        latencies.sort()
        quantiles = {"median": 0.5, "p99": 0.99, "p99.9": 0.999, "most": 1}
        last = len(latencies) - 1
        answer["latency"] = {name: latencies[int(share * last)] for name, share in quantiles.items()}
    print(json.dumps(answer), flush=True)
