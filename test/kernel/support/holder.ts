import assert from 'node:assert/strict';
import { BpfMap } from '../../../src/kernel/index.ts';
import { Child } from './child.ts';
import { until } from './proc.ts';
import type { Producer } from './producer.ts';
import { HOLD } from './programs.ts';

/** A record that another process has reserved, and holds open until it is told to submit it. */
export class Holder {
  readonly #child: Child;
  readonly #map: BpfMap;

  private constructor(child: Child, map: BpfMap) {
    this.#child = child;
    this.#map = map;
  }

  /** Resolves when the record is reserved. */
  static async start(producer: Producer, sequence: number): Promise<Holder> {
    const map = BpfMap.create({ name: 'hold', type: 'ARRAY', keySize: 4, valueSize: 8, maxEntries: 1 });
    const child = Child.start(
      ({ kernel, programs, sys }, ringId: number, holdId: number, value: number) => {
        const mapFds = new Map([
          ['ring', sys.openById('MAP', ringId)],
          ['hold', sys.openById('MAP', holdId)],
        ]);
        const program = kernel.BpfProgram.load(programs.hold(), { license: 'Dual BSD/GPL', mapFds });
        const context = new Uint32Array(programs.CONTEXT.length / 4);
        context[1] = value;
        program.run({ ctx: new Uint8Array(context.buffer) });
        console.log('committed');
      },
      [producer.ring.mapId, map.info().id, sequence],
    );
    const word = (offset: number): number => new DataView(map.lookup(KEY)!.buffer).getUint32(offset, true);
    await Promise.race([
      until('a record to be held', () => word(HOLD.held) === 1),
      child.ended.then(({ stderr }) => assert.fail(`the holder ended: ${stderr}`)),
    ]);
    return new Holder(child, map);
  }

  /** Lets the record be submitted, and waits until it is. */
  async release(): Promise<void> {
    const value = new DataView(new ArrayBuffer(8));
    value.setUint32(HOLD.release, 1, true);
    this.#map.update(KEY, new Uint8Array(value.buffer));
    assert.equal(await this.#child.line(), 'committed');
  }

  /** Waits for the process to end, and lets go of the map. */
  async end(): Promise<void> {
    await this.#child.success();
    this.#map.close();
  }
}

const KEY = new Uint8Array(4);
