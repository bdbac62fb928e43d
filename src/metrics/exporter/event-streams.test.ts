import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, get, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import test from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { EventStreams } from './event-streams.ts';

test('a client that does not read has one event kept for it at most; one that reads gets them all', async (t) => {
  const streams = new EventStreams(2);
  const responses: ServerResponse[] = [];
  const server = createServer((_request, response) => {
    responses.push(response);
    streams.open(response)('begin', {});
  });
  t.after(() => server.close().closeAllConnections());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;

  const deaf = connect(port, '127.0.0.1').pause();
  t.after(() => deaf.destroy());
  deaf.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await once(server, 'request');
  let received = 0;
  get({ port, host: '127.0.0.1' }, (response) => {
    response.on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
  });
  await once(server, 'request');
  assert.ok(streams.isFull);

  const event = { text: 'x'.repeat(1e6) };
  let sent = 0;
  for (; sent < 40; sent++) {
    // The next only when the reader has this one: that the other lags behind must not matter.
    streams.sendAll('large', event);
    while (received < (sent + 1) * 1e6) await turn();
  }
  assert.ok(responses[0]!.writableLength < 2e6, `${responses[0]!.writableLength} bytes are kept`);

  const ends = responses.map((response) => once(response, 'close'));
  deaf.destroy();
  streams.close();
  await Promise.all(ends);
  assert.ok(streams.isEmpty);
});
