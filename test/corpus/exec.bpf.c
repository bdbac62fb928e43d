// The exec tracer of the tests, as users of libbpf write one: CO-RE, a ring, a constant and a counter.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

#ifndef SUBMIT_FLAGS
#define SUBMIT_FLAGS 0
#endif

struct event {
  __u32 pid;
  __u32 ppid;
  char comm[16];
  char filename[128];
};

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 256 * 1024);
  __type(value, struct event);
} events SEC(".maps");

const volatile __u32 only_ppid = 0;
__u64 seen = 0;
__u32 extra = 7;

SEC("tp_btf/sched_process_exec")
int BPF_PROG(on_exec, struct task_struct *task, int old_pid, struct linux_binprm *bprm) {
  __u32 ppid = BPF_CORE_READ(task, real_parent, tgid);
  if (only_ppid != 0 && ppid != only_ppid)
    return 0;
  __sync_fetch_and_add(&seen, extra);

  struct event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
  if (!event)
    return 0;
  event->pid = bpf_get_current_pid_tgid() >> 32;
  event->ppid = ppid;
  bpf_get_current_comm(event->comm, sizeof(event->comm));
  bpf_probe_read_kernel_str(event->filename, sizeof(event->filename), BPF_CORE_READ(bprm, filename));
  bpf_ringbuf_submit(event, SUBMIT_FLAGS);
  return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
