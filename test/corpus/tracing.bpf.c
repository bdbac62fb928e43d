/* Programs that are put where functions of the kernel begin and end. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

__u64 lengths;

SEC("fentry/do_unlinkat")
int BPF_PROG(enter, int dfd, struct filename *name)
{
	lengths += BPF_CORE_READ(name, aname) != 0;
	return 0;
}

SEC("fexit/do_unlinkat")
int BPF_PROG(leave, int dfd, struct filename *name, long result)
{
	lengths += result;
	return 0;
}

SEC("lsm/path_unlink")
int BPF_PROG(permit, const struct path *dir, struct dentry *dentry)
{
	lengths += BPF_CORE_READ(dentry, d_name.len);
	return 0;
}

SEC("lsm.s/inode_unlink")
int BPF_PROG(permit_sleeping, struct inode *dir, struct dentry *dentry)
{
	lengths += dir->i_ino;
	return 0;
}
