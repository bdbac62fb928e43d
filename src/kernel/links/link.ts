import { ArgumentError, ClosedError, NotSupportedError } from '../../errors/index.ts';
import {
  closeFd,
  type LinkInfo,
  linkDetach,
  linkInfo,
  linkUpdate,
  objectGet,
  objectPin,
} from '../../sys/index.ts';

/** What a link needs of a program. */
export interface LinkableProgram {
  readonly name: string;
  readonly fd: number;
}

/** What stands behind a link: a link object of the kernel, several links, or an attachment without any of these. */
export interface Attachment {
  /** fd of the kernel's link object, where there is one. */
  readonly fd?: number;
  /** Links that stand and fall together. */
  readonly parts?: readonly BpfLink[];
  /** Ends it; called once. */
  readonly release: () => void;
}

/**
 * An attachment [`struct bpf_link`]. The program runs until it is closed, or, where it is pinned, until its pin is
 * removed too. Closing the program or its object's maps does not end it.
 *
 * Most are a link object of the kernel, which ends with this process if not before. Some have none: classic tc
 * filters, socket filters, programs of sock maps on kernels before 6.10, perf events on kernels before 5.15. These cannot be pinned, updated or asked.
 * Some are several: a USDT probe with many places, a perf event on each CPU; {@link BpfLink.parts} are the single
 * ones.
 */
export class BpfLink implements Disposable {
  /** What it is attached to, in words: `tp_btf/sched_process_exec`, `xdp/eth0`. */
  readonly target: string;
  #attachment: Attachment | undefined;

  constructor(target: string, attachment: Attachment) {
    this.target = target;
    this.#attachment = attachment;
  }

  /** A link object of the kernel, which owns `fd`. @internal */
  static of(fd: number, target: string): BpfLink {
    return new BpfLink(target, { fd, release: () => closeFd(fd) });
  }

  /** Links that stand and fall together. @param after is done when they are closed. @internal */
  static all(target: string, parts: readonly BpfLink[], after: () => void = () => {}): BpfLink {
    const release = (): void => {
      try {
        closeLinks(parts);
      } finally {
        after();
      }
    };
    return new BpfLink(target, { parts, release });
  }

  /** Opens a pinned link [`bpf_link__open`]. @throws BpfSyscallError, PermissionError. */
  static openPinned(path: string): BpfLink {
    const fd = objectGet(path);
    try {
      // Fails where something else is pinned there.
      const { type } = linkInfo(fd, `pin ${path}`);
      return BpfLink.of(fd, `${type.toLowerCase()} link at ${path}`);
    } catch (error) {
      closeFd(fd);
      throw error;
    }
  }

  /** The single links, where this one stands for several; else itself. */
  get parts(): readonly BpfLink[] {
    return this.#open.parts ?? [this];
  }

  /**
   * fd of the kernel's link object; the link keeps owning it.
   *
   * @throws ClosedError; NotSupportedError for an attachment without link object; ArgumentError where several links
   *   stand together.
   */
  get fd(): number {
    const { fd, parts } = this.#open;
    if (fd !== undefined) return fd;
    if (parts?.length === 1) return parts[0]!.fd;
    if (parts !== undefined) {
      throw new ArgumentError({
        message: `${this.#what} is ${parts.length} links`,
        remedy: 'Do it to each of link.parts.',
      });
    }
    throw new NotSupportedError({
      feature: 'link objects',
      message: `${this.#what} is no link object of the kernel, and cannot be pinned, updated or asked`,
      remedy: 'Keep this process running for as long as the attachment shall last.',
    });
  }

  /** What the kernel tells about it [`bpf_link_get_info_by_fd`]. @throws what {@link BpfLink.fd} throws. */
  info(): LinkInfo {
    return linkInfo(this.fd, this.#what);
  }

  /**
   * Puts another program in the place of the one that runs, with no occurrence missed [`bpf_link__update_program`].
   * xdp, tcx, netkit, cgroup, flow dissector, sk_lookup, sockmap and iterator links can do it.
   *
   * @param options.replaces only if this program is still the one that runs.
   * @throws BpfSyscallError where the kernel does not exchange programs of this family (`EINVAL`), or `replaces` does
   *   not run (`EPERM`); what {@link BpfLink.fd} throws.
   */
  update(program: LinkableProgram, options: { replaces?: LinkableProgram } = {}): void {
    linkUpdate(this.fd, program.fd, options.replaces?.fd, this.#what);
  }

  /**
   * Ends the attachment even where it is pinned or held elsewhere [`bpf_link__detach`]. cgroup, xdp, tcx, netkit,
   * sockmap, flow dissector and sk_lookup links can do it. The link stays open, attached to nothing.
   *
   * @throws BpfSyscallError for other families (`EOPNOTSUPP`); what {@link BpfLink.fd} throws.
   */
  detach(): void {
    linkDetach(this.fd, this.#what);
  }

  /**
   * Keeps the attachment beyond this process, under a path of a bpffs; removing the file ends it [`bpf_link__pin`].
   *
   * @throws BpfSyscallError, PermissionError; what {@link BpfLink.fd} throws.
   */
  pin(path: string): void {
    objectPin(this.fd, path, this.#what);
  }

  /** Lets go: the attachment ends, unless it is pinned. Idempotent. */
  close(): void {
    const attachment = this.#attachment;
    this.#attachment = undefined;
    attachment?.release();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  get #open(): Attachment {
    if (this.#attachment === undefined) throw new ClosedError(this.#what);
    return this.#attachment;
  }

  get #what(): string {
    return `the link to ${this.target}`;
  }
}

/** Closes all of them, whatever one of them says. @throws the first error. */
export function closeLinks(links: readonly BpfLink[]): void {
  const errors: unknown[] = [];
  for (const link of links) {
    try {
      link.close();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}

/**
 * Attaches at several places, all or none.
 *
 * @internal
 */
export function attachEach<T>(places: readonly T[], attach: (place: T) => BpfLink): BpfLink[] {
  const links: BpfLink[] = [];
  try {
    for (const place of places) links.push(attach(place));
    return links;
  } catch (error) {
    closeLinks(links);
    throw error;
  }
}
