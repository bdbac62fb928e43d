import { type BpfObject, load, type RingTypes } from '../kernel/index.ts';
import type { ObjectSpec } from '../spec/index.ts';

/** Loads and attaches an object, or leaves nothing behind. @throws what loading and attaching throw. */
export async function loadAttached<Rings extends object>(
  spec: ObjectSpec,
): Promise<BpfObject<RingTypes<Rings>>> {
  const object = await load<Rings>(spec);
  try {
    return object.attach();
  } catch (error) {
    await object.close();
    throw error;
  }
}
