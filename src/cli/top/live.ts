import type { RingsReport } from '../../metrics/index.ts';
import { paintFor } from '../colour.ts';
import type { TopColumnName } from './columns.ts';
import { frameLines, type History } from './frame.ts';
import { Screen } from './screen.ts';
import { keysOf, pressKey, type TopState, visibleRings } from './state.ts';

/** Reports that are remembered for a ring's history. */
const HISTORY = 240;

const SUSPEND = '\x1a';

/**
 * Shows reports on the terminal until a key or a signal ends it.
 *
 * @param reports ends or rejects when `stop` was called.
 */
export async function showLive(
  reports: AsyncIterable<RingsReport>,
  stop: () => void,
  sort: TopColumnName,
): Promise<void> {
  const screen = new Screen(process.stdin, process.stdout);
  const paint = paintFor(process.stdout);
  const histories = new Histories();
  let state: TopState = {
    sort,
    filter: '',
    isEditing: false,
    isPaused: false,
    selected: undefined,
    isDetail: false,
  };
  let report: RingsReport | undefined;

  const draw = (): void => {
    if (report === undefined) return;
    const { width, height } = screen;
    screen.draw(frameLines({ report, state, history: histories.of(state.selected), width, height, paint }));
  };
  const onKeys = (input: string): void => {
    for (const key of keysOf(input)) {
      if (key === SUSPEND) {
        suspend();
        continue;
      }
      const next = pressKey(state, key, visibleRings(state, report?.rings ?? []));
      if (next === undefined) stop();
      else state = next;
    }
    draw();
  };
  const suspend = (): void => {
    screen.leave();
    // The whole job, as a terminal does that is not in raw mode.
    process.kill(0, 'SIGSTOP');
  };
  const resume = (): void => {
    screen.enter();
    draw();
  };
  const resized = (): void => {
    screen.invalidate();
    draw();
  };

  screen.enter();
  process.stdin.setEncoding('utf8').on('data', onKeys).once('end', stop);
  process.on('SIGCONT', resume).on('SIGTSTP', suspend).once('SIGHUP', stop);
  process.stdout.on('resize', resized);
  try {
    for await (const latest of reports) {
      histories.add(latest);
      if (report !== undefined && state.isPaused) continue;
      report = latest;
      draw();
    }
  } finally {
    screen.leave();
    process.stdin.off('data', onKeys).off('end', stop).pause();
    process.off('SIGCONT', resume).off('SIGTSTP', suspend).off('SIGHUP', stop);
    process.stdout.off('resize', resized);
  }
}

/** What rings were like in past reports, for as long as they live. */
class Histories {
  #rings = new Map<number, { in: number[]; unread: number[] }>();

  add({ rings }: RingsReport): void {
    const next = new Map<number, { in: number[]; unread: number[] }>();
    for (const { id, inPerSecond, unreadMax } of rings) {
      const history = this.#rings.get(id) ?? { in: [], unread: [] };
      for (const [values, value] of [
        [history.in, inPerSecond],
        [history.unread, unreadMax],
      ] as const) {
        values.push(value);
        if (values.length > HISTORY) values.shift();
      }
      next.set(id, history);
    }
    this.#rings = next;
  }

  of(id: number | undefined): History {
    return (id === undefined ? undefined : this.#rings.get(id)) ?? { in: [], unread: [] };
  }
}
