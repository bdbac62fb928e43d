/* Every kind of probe that kernels may refuse elsewhere, in BCC's dialect, with reads through its arguments. */
#include <uapi/linux/ptrace.h>
#include <linux/fs.h>
#include <linux/sched.h>

struct event {
    char probe[8];
    u64 value;
    u32 pid, parent;
};
BPF_RINGBUF_OUTPUT(out, 16);
BPF_ARRAY(wanted, u32, 1);

static int is_wanted(u32 pid) {
    int zero = 0;
    u32 *found = wanted.lookup(&zero);
    return found && *found == pid;
}

#define SEND(name, what)                                                          \
    if (is_wanted(bpf_get_current_pid_tgid() >> 32)) {                            \
        struct task_struct *task = (struct task_struct *)bpf_get_current_task();  \
        struct event *event = out.ringbuf_reserve(sizeof(*event));                \
        if (!event) return 0;                                                     \
        __builtin_memcpy(event->probe, name, sizeof(name));                       \
        event->value = what;                                                      \
        event->pid = task->tgid;                                                  \
        event->parent = task->real_parent->tgid;                                  \
        out.ringbuf_submit(event, 0);                                             \
    }

int kprobe__do_unlinkat(struct pt_regs *ctx, int dfd, struct filename *name) {
    SEND("kprobe", name->name[1]);
    return 0;
}

int kretprobe__do_unlinkat(struct pt_regs *ctx) {
    SEND("kret", PT_REGS_RC(ctx));
    return 0;
}

int syscall__unlink(struct pt_regs *ctx, const char *pathname) {
    SEND("syscall", pathname[1]);
    return 0;
}

KFUNC_PROBE(do_unlinkat, int dfd, struct filename *name) {
    SEND("kfunc", name->name[1]);
    return 0;
}

KRETFUNC_PROBE(do_unlinkat, int dfd, struct filename *name, int ret) {
    SEND("kretf", ret);
    return 0;
}

LSM_PROBE(inode_unlink, struct inode *dir, struct dentry *dentry) {
    SEND("lsm", dentry->d_parent->d_inode->i_ino == dir->i_ino);
    return 0;
}

RAW_TRACEPOINT_PROBE(sched_process_fork) {
    struct task_struct *parent = (struct task_struct *)ctx->args[0];
    struct task_struct *child = (struct task_struct *)ctx->args[1];
    SEND("raw", child->real_parent->tgid == parent->tgid);
    return 0;
}

/* One whose record is the same on all kernels: nothing relocates those. */
TRACEPOINT_PROBE(syscalls, sys_enter_unlink) {
    SEND("tp", args->pathname[1]);
    return 0;
}
