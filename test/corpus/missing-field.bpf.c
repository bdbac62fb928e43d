// Needs a field that no kernel has; the second program is guarded against that.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

struct task_struct___other {
  int no_such_field;
} __attribute__((preserve_access_index));

__s32 value = 0;

SEC("?tp_btf/sched_process_exec")
int BPF_PROG(unguarded, struct task_struct *task) {
  value = BPF_CORE_READ((struct task_struct___other *)task, no_such_field);
  return 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(guarded, struct task_struct *task) {
  struct task_struct___other *other = (void *)task;
  if (bpf_core_field_exists(other->no_such_field))
    value = BPF_CORE_READ(other, no_such_field);
  return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
