// Prints what libbpf reads from an object file, one JSON object a line: its programs, its maps.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	struct bpf_object *object = bpf_object__open_file(argv[1], NULL);
	struct bpf_program *prog;
	struct bpf_map *map;

	if (!object)
		return 1;
	bpf_object__for_each_program(prog, object)
		printf("{\"program\":\"%s\",\"section\":\"%s\",\"type\":%d,\"attachType\":%d,\"autoload\":%s,\"instructions\":%zu}\n",
		       bpf_program__name(prog), bpf_program__section_name(prog), bpf_program__type(prog),
		       bpf_program__expected_attach_type(prog), bpf_program__autoload(prog) ? "true" : "false",
		       bpf_program__insn_cnt(prog));
	bpf_object__for_each_map(map, object) {
		size_t size = 0;
		const unsigned char *data = bpf_map__initial_value(map, &size);

		printf("{\"map\":\"%s\",\"type\":%d,\"key\":%u,\"value\":%u,\"entries\":%u,\"flags\":%u,\"numa\":%u,"
		       "\"extra\":%llu,\"keyType\":%u,\"valueType\":%u,\"contents\":\"",
		       bpf_map__name(map), bpf_map__type(map), bpf_map__key_size(map), bpf_map__value_size(map),
		       bpf_map__max_entries(map), bpf_map__map_flags(map), bpf_map__numa_node(map),
		       (unsigned long long)bpf_map__map_extra(map), bpf_map__btf_key_type_id(map),
		       bpf_map__btf_value_type_id(map));
		for (size_t i = 0; data && i < size; i++)
			printf("%02x", data[i]);
		printf("\"}\n");
	}
	bpf_object__close(object);
	return 0;
}
