# SPDX-License-Identifier: Apache-2.0
"""
A tracer on the distribution's BCC, from nothing to its end right after the header.

  start.py TEXT
"""
import sys

from bcc import BPF

b = BPF(text=sys.argv[1])
b["buffer"].open_ring_buffer(lambda ctx, data, size: None)
print("PID      COMM")
