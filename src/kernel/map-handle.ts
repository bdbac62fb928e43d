import { ClosedError } from '../errors/index.ts';
import { MapType, type MapTypeName } from '../spec/index.ts';
import { closeFd, type MapInfo, mapInfo } from '../sys/index.ts';

/** Types whose keys have a value for each possible CPU. */
const PER_CPU: ReadonlySet<number> = new Set([
  MapType.PERCPU_HASH,
  MapType.PERCPU_ARRAY,
  MapType.LRU_PERCPU_HASH,
  MapType.PERCPU_CGROUP_STORAGE,
]);

/** An open map: what the views of it share. */
export class MapHandle {
  readonly name: string;
  readonly type: number;
  #fd: number;

  /** @param fd that it takes over. */
  constructor(fd: number, name: string, type: number) {
    this.#fd = fd;
    this.name = name;
    this.type = type;
  }

  /** @throws ClosedError. */
  get fd(): number {
    if (this.#fd < 0) throw new ClosedError(this.what);
    return this.#fd;
  }

  /** Its name, in messages. */
  get what(): string {
    return `map ${this.name}`;
  }

  /** Such as `HASH`; the number of a type that this version has no name for. */
  get typeName(): string {
    return typeName(this.type);
  }

  get isPerCpu(): boolean {
    return PER_CPU.has(this.type);
  }

  info(): MapInfo {
    return mapInfo(this.fd, this.what);
  }

  close(): void {
    if (this.#fd >= 0) closeFd(this.#fd);
    this.#fd = -1;
  }
}

/** Name of a map type. */
export function typeName(type: number): string {
  const names = Object.keys(MapType) as MapTypeName[];
  return names.find((name) => MapType[name] === type) ?? String(type);
}
