import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { AttachTarget, BpfLink } from '../../src/index.ts';
import { ArgumentError, BpfSyscallError, NotFoundError } from '../../src/index.ts';
import { Attr, NetlinkFlags, netlink } from '../../src/sys/index.ts';
import { Counting, type CountingOptions } from './support/counting.ts';
import { needs } from './support/needs.ts';
import { inNetns, isInside } from './support/netns.ts';
import { kernelTest as test } from './support/privileged.ts';

/** Sends a packet over `lo`. @returns whether it arrived within a second (or the sending failed). */
async function send(): Promise<boolean> {
  const receiver = createSocket('udp4').bind(0, '127.0.0.1');
  await once(receiver, 'listening');
  const sender = createSocket('udp4');
  sender.send('hello', receiver.address().port, '127.0.0.1', (error) => {
    if (error !== null) receiver.emit('error', error);
  });
  try {
    await once(receiver, 'message', { signal: AbortSignal.timeout(1000) });
    return true;
  } catch {
    return false;
  } finally {
    receiver.close();
    sender.close();
  }
}

/** Attaches, and checks that packets are counted for as long as the link is open. */
async function counts(
  section: string,
  options: CountingOptions,
  target: AttachTarget,
  look: (link: BpfLink) => void = () => {},
): Promise<void> {
  const counting = await Counting.load(section, options);
  const link = counting.program.attach(target);
  look(link);
  assert.equal(await send(), true);
  assert.ok(counting.runs > 0);
  link.close();
  const last = counting.runs;
  assert.equal(await send(), true);
  assert.equal(counting.runs, last);
  await counting.close();
}

const XDP_DROP = 1;
const XDP_PASS = 2;
const TCX_NEXT = -1;
const TC_ACT_SHOT = 2;
const NF_DROP = 0;
const NF_ACCEPT = 1;
const SK_PASS = 1;

if (!isInside) {
  test('in a network namespace of its own', inNetns(import.meta.url));
} else {
  test('xdp on an interface, by name and by index', async () => {
    await counts('xdp', { returns: XDP_PASS }, { interface: 'lo' }, (link) => {
      const info = link.info();
      assert.ok(info.type === 'XDP' && info.interfaceIndex === 1);
    });
    await counts('xdp.frags', { returns: XDP_PASS }, { interface: 1, mode: 'generic' });
  });

  test('an xdp link exchanges its program, and is detached by force', async () => {
    const pass = await Counting.load('xdp', { returns: XDP_PASS });
    const drop = await Counting.load('xdp', { returns: XDP_DROP });
    const link = drop.program.attach({ interface: 'lo' });
    assert.equal(await send(), false);
    link.update(pass.program);
    assert.equal(await send(), true);
    link.update(drop.program, { replaces: pass.program });
    link.detach();
    assert.equal(await send(), true);
    link.close();
    await pass.close();
    await drop.close();
  });

  test('a second xdp program, an interface that is not there, a driver that cannot', async () => {
    const counting = await Counting.load('xdp', { returns: XDP_PASS });
    const { program } = counting;
    const link = program.attach({ interface: 'lo' });
    assert.throws(() => program.attach({ interface: 'lo' }), BpfSyscallError);
    link.close();
    assert.throws(() => program.attach({ interface: 'lo', mode: 'hardware' }), BpfSyscallError);
    assert.throws(
      () => program.attach({ interface: 'lO' }),
      (error) => error instanceof NotFoundError && /lo/.test(error.remedy),
    );
    assert.throws(() => program.attach({ interface: -1 }), ArgumentError);
    await counting.close();
  });

  test('tcx on both directions', needs('tcx'), async () => {
    await counts('tcx/ingress', { returns: TCX_NEXT }, { interface: 'lo' });
    await counts('tc/egress', { returns: TCX_NEXT }, { interface: 'lo' }, (link) => {
      const info = link.info();
      assert.ok(info.type === 'TCX' && info.interfaceIndex === 1 && info.attachType === 47);
    });
    await counts('tcx/ingress', { returns: TCX_NEXT }, { interface: 'lo', direction: 'ingress' });
  });

  test('tcx programs run in the order asked for', needs('tcx'), async () => {
    const last = await Counting.load('tcx/ingress', { returns: TCX_NEXT });
    const first = await Counting.load('tcx/ingress', { returns: TC_ACT_SHOT });
    const lastLink = last.program.attach({ interface: 'lo' });
    const firstLink = first.program.attach({ interface: 'lo', before: lastLink });
    assert.equal(await send(), false);
    assert.deepEqual([first.runs > 0, last.runs], [true, 0]);
    firstLink.close();
    const secondLink = first.program.attach({ interface: 'lo', after: lastLink });
    assert.equal(await send(), false);
    assert.ok(last.runs > 0);
    const both = { before: lastLink, after: lastLink };
    assert.throws(() => last.program.attach({ interface: 'lo', ...both }), ArgumentError);
    for (const link of [lastLink, secondLink]) link.close();
    await first.close();
    await last.close();
  });

  test('classic tc, whose filter is gone once its link is closed', async () => {
    for (const direction of ['ingress', 'egress'] as const) {
      await counts('tc', { returns: TCX_NEXT }, { interface: 'lo', direction }, (link) => {
        const shown = execFileSync('tc', ['filter', 'show', 'dev', 'lo', direction], { encoding: 'utf8' });
        assert.match(shown, /bpf.*count.*direct-action/);
        assert.throws(() => link.info(), /no link object/);
      });
      assert.equal(execFileSync('tc', ['filter', 'show', 'dev', 'lo', direction], { encoding: 'utf8' }), '');
    }
  });

  test('classic tc runs by priority; closing after the interface has gone is no error', async () => {
    execFileSync('ip', ['link', 'add', 'rt0', 'type', 'veth', 'peer', 'name', 'rt1']);
    const counting = await Counting.load('tc', { returns: TCX_NEXT });
    const target = { interface: 'rt0', direction: 'egress', priority: 7 } as const;
    const link = counting.program.attach(target);
    const shown = execFileSync('tc', ['filter', 'show', 'dev', 'rt0', 'egress'], { encoding: 'utf8' });
    assert.match(shown, /pref 7 bpf/);
    assert.throws(
      () => counting.program.attach({ ...target, direction: 'sideways' as 'egress' }),
      ArgumentError,
    );
    execFileSync('ip', ['link', 'del', 'rt0']);
    link.close();
    await counting.close();
  });

  test('an error of netlink has the words of the kernel', async () => {
    const body = new Attr(20).u32(4, 1).u32(8, 0xffff_0000).u32(12, 0xffff_fff1).bytes;
    const attributes = [{ type: 1, value: 'nonesuch' }];
    const request = { type: 36, flags: NetlinkFlags.CREATE, body, attributes };
    assert.throws(
      () => netlink(request, 'RTM_NEWQDISC', 'lo'),
      /RTM_NEWQDISC failed on lo \("[A-Z].* .*"\): E/,
    );
    const counting = await Counting.load('tc');
    const target = { interface: 4711, direction: 'ingress' } as const;
    assert.throws(() => counting.program.attach(target), /ENODEV/);
    await counting.close();
  });

  test('netfilter at a hook', needs('netfilter'), async () => {
    const hook = { family: 'ipv4', hook: 'input', priority: -100 } as const;
    await counts('netfilter', { returns: NF_ACCEPT }, hook, (link) => {
      const info = link.info();
      assert.ok(info.type === 'NETFILTER');
      assert.deepEqual([info.protocolFamily, info.hook, info.priority], [2, 1, -100]);
    });
    const drop = await Counting.load('netfilter', { returns: NF_DROP });
    const link = drop.program.attach({ ...hook, defragment: true });
    assert.equal(await send(), false);
    link.close();
    assert.throws(() => drop.program.attach({ ...hook, hook: 'entry' as 'input' }), ArgumentError);
    await drop.close();
  });

  test('sk_lookup and the flow dissector in this network namespace', async () => {
    await counts('sk_lookup', { returns: SK_PASS }, {}, (link) => {
      const info = link.info();
      assert.ok(info.type === 'NETNS' && info.attachType === 36);
    });
    const dissector = await Counting.load('flow_dissector', { returns: 0 });
    const link = dissector.program.attach({ netns: '/proc/self/ns/net' });
    assert.equal(link.info().type, 'NETNS');
    assert.throws(() => dissector.program.attach(), BpfSyscallError);
    link.close();
    dissector.program.attach().close();
    assert.throws(() => dissector.program.attach({ netns: '/no/such' }), ArgumentError);
    await dissector.close();
  });
}
