// Prints the instructions that libbpf would submit: `relocate OBJECT TARGET_BTF`, a line "name hex" for each program.
// libbpf is stopped just before it loads the first program, when all of them are relocated.
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static int stop(struct bpf_program *program, struct bpf_prog_load_opts *opts, long cookie)
{
	return -ECANCELED;
}

static int print_log(enum libbpf_print_level level, const char *format, va_list args)
{
	return level == LIBBPF_DEBUG ? 0 : vfprintf(stderr, format, args);
}

int main(int argc, char **argv)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .btf_custom_path = argc > 2 ? argv[2] : NULL);
	LIBBPF_OPTS(libbpf_prog_handler_opts, handler, .prog_prepare_load_fn = stop);
	struct bpf_program *program;
	struct bpf_object *object;

	if (argc < 3)
		return 2;
	libbpf_set_print(print_log);
	if (libbpf_register_prog_handler("socket", BPF_PROG_TYPE_SOCKET_FILTER, 0, &handler) < 0)
		return 3;
	object = bpf_object__open_file(argv[1], &options);
	if (!object)
		return 4;
	if (bpf_object__load(object) != -ECANCELED)
		return 5;
	bpf_object__for_each_program(program, object) {
		const unsigned char *bytes = (const unsigned char *)bpf_program__insns(program);
		size_t length = bpf_program__insn_cnt(program) * sizeof(struct bpf_insn);

		printf("%s ", bpf_program__name(program));
		for (size_t i = 0; i < length; i++)
			printf("%02x", bytes[i]);
		printf("\n");
	}
	bpf_object__close(object);
	return 0;
}
