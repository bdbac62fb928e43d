import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { BpfMap, BpfSyscallError } from '../../src/index.ts';
import { isAtLeast, kernelRelease } from '../../src/kernel/index.ts';
import { native } from '../../src/sys/index.ts';
import { Counting } from './support/counting.ts';
import { inNetns, isInside } from './support/netns.ts';
import { kernelTest as test } from './support/privileged.ts';

/** fd of a socket of Node's, which has no public way to it. */
function fdOf(holder: unknown): number {
  return (holder as { _handle: { fd: number } })._handle.fd;
}

function fdOfDatagram(socket: Socket): number {
  const state = Object.getOwnPropertySymbols(socket).find((s) => s.description === 'state symbol')!;
  return (socket as unknown as Record<symbol, { handle: { fd: number } }>)[state]!.handle.fd;
}

if (!isInside) {
  test('in a network namespace of its own', inNetns(import.meta.url));
} else {
  test('a socket filter sees what its socket receives, and may refuse it', async () => {
    const receiver = createSocket('udp4').bind(0, '127.0.0.1');
    await once(receiver, 'listening');
    const { port } = receiver.address();
    const sender = createSocket('udp4');
    const received: string[] = [];
    receiver.on('message', (message) => received.push(message.toString()));
    const send = async (text: string): Promise<void> => {
      await new Promise((resolve) => sender.send(text, port, '127.0.0.1', resolve));
    };
    const refuse = await Counting.load('socket', { returns: 0 });
    const link = refuse.program.attach({ socket: fdOfDatagram(receiver) });
    await send('refused');
    assert.equal(refuse.runs, 1);
    link.close();
    await send('taken');
    await once(receiver, 'message', { signal: AbortSignal.timeout(5000) });
    assert.deepEqual(received, ['taken']);
    assert.equal(refuse.runs, 1);
    receiver.close();
    sender.close();
    assert.throws(() => refuse.program.attach({ socket: 4711 }), BpfSyscallError);
    await refuse.close();
  });

  test('a program chooses among the sockets of one port', async () => {
    const SOCK_DGRAM = 2;
    const socket = native().socket(2, SOCK_DGRAM, 0);
    const SO_REUSEPORT = 15;
    native().setSocketOption(socket, 1, SO_REUSEPORT, new Uint8Array(new Uint32Array([1]).buffer));
    const counting = await Counting.load('sk_reuseport', { returns: 1 });
    const link = counting.program.attach({ socket });
    assert.throws(() => link.fd, /no link object/);
    link.close();
    closeSync(socket);
    await counting.close();
  });

  test('sk_msg and sk_skb on the sockets of a map', async () => {
    const map = BpfMap.create({ name: 'sockets', type: 'SOCKMAP', keySize: 4, valueSize: 4, maxEntries: 2 });
    const server = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = createConnection((server.address() as { port: number }).port, '127.0.0.1');
    await once(client, 'connect');
    const SK_PASS = 1;
    const sends = await Counting.load('sk_msg', { returns: SK_PASS });
    const receives = await Counting.load('sk_skb/verdict', { returns: SK_PASS });
    const links = [sends, receives].map(({ program }) => program.attach({ map }));
    map.update(new Uint8Array(4), new Uint8Array(new Uint32Array([fdOf(client)]).buffer));
    client.write('around');
    await once(client, 'data', { signal: AbortSignal.timeout(5000) });
    assert.ok(sends.runs > 0);
    assert.ok(receives.runs > 0);
    if (isAtLeast(kernelRelease(), 6, 10)) {
      const info = links[0]!.info();
      assert.ok(info.type === 'SOCKMAP' && info.mapId === map.info().id);
    }
    for (const link of links) link.close();
    client.destroy();
    server.close();
    map.close();
    await sends.close();
    await receives.close();
  });
}
