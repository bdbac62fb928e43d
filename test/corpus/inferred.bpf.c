// Rings that do not name the type of their events: one whose records tell it by their size, and one whose do not.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct call {
  __u32 pid;
  __u32 number;
  char comm[16];
};

struct first {
  __u64 pid;
  __u64 number;
};

struct second {
  __u32 words[4];
};

// Without a mention like these, clang leaves the types out of the BTF.
const struct call *unused_call __attribute__((unused));
const struct first *unused_first __attribute__((unused));
const struct second *unused_second __attribute__((unused));

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 64 * 1024);
} kills SEC(".maps"), twins SEC(".maps");

const volatile __u32 only_pid = 0;
__u32 calls = 0;

SEC("tracepoint/syscalls/sys_enter_kill")
int on_kill(void *ctx) {
  __u32 pid = bpf_get_current_pid_tgid() >> 32;
  if (pid != only_pid)
    return 0;
  calls++;

  struct call *call = bpf_ringbuf_reserve(&kills, sizeof(*call), 0);
  if (call) {
    call->pid = pid;
    call->number = calls;
    bpf_get_current_comm(call->comm, sizeof(call->comm));
    bpf_ringbuf_submit(call, 0);
  }
  struct first first = { pid, calls };
  bpf_ringbuf_output(&twins, &first, sizeof(first), 0);
  return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
