import type { RingReport } from '../../metrics/index.ts';
import { byColumn, ownerOf, TOP_COLUMNS, type TopColumnName } from './columns.ts';

/** What the user has chosen to see. */
export interface TopState {
  readonly sort: TopColumnName;
  /** Part of a name, an owner or an id. */
  readonly filter: string;
  /** Keys go to the filter. */
  readonly isEditing: boolean;
  readonly isPaused: boolean;
  /** Id of the ring with the mark. */
  readonly selected: number | undefined;
  /** Whether that ring is shown alone. */
  readonly isDetail: boolean;
}

/** Columns by the letter that orders by them. */
const SORT_KEYS: Readonly<Record<string, TopColumnName>> = {
  i: 'in',
  o: 'out',
  u: 'unread',
  m: 'max',
  f: 'fill',
  s: 'stall',
  d: 'drops',
  n: 'name',
  w: 'owner',
  z: 'size',
  '#': 'id',
};

/** One line on what keys there are: in the table, and where a ring is shown alone. */
export const KEY_HELP = '←→ or letter sort  ↑↓ enter ring  / filter  space pause  q quit';
export const DETAIL_KEY_HELP = 'q or esc back  ↑↓ other ring  / filter  space pause';

/** Keys of a chunk of input: single characters, or sequences that begin with ESC. */
export function keysOf(input: string): string[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: keys are control characters.
  return input.match(/\x1b(?:\[[0-9;]*[A-Za-z~]|O[A-Z])|./gsu) ?? [];
}

/** The rings that are to be seen, in their order. */
export function visibleRings(state: TopState, rings: readonly RingReport[]): RingReport[] {
  const wanted = state.filter.toLowerCase();
  const text = (ring: RingReport): string => `${ring.id} ${ring.name} ${ownerOf(ring)}`.toLowerCase();
  return rings.filter((ring) => text(ring).includes(wanted)).sort(byColumn(state.sort));
}

/**
 * What a key changes.
 *
 * @param rings those that are visible.
 * @returns undefined for a key that ends the program.
 */
export function pressKey(state: TopState, key: string, rings: readonly RingReport[]): TopState | undefined {
  if (key === '\x03') return undefined;
  if (state.isEditing) return editFilter(state, key);
  switch (key) {
    case 'q':
      return state.isDetail ? { ...state, isDetail: false } : undefined;
    case '\x1b':
      return state.isDetail ? { ...state, isDetail: false } : { ...state, filter: '' };
    case '\r':
    case '\n':
      return rings.length === 0 ? state : { ...move(state, rings, 0), isDetail: !state.isDetail };
    case ' ':
      return { ...state, isPaused: !state.isPaused };
    case '/':
      return { ...state, isEditing: true, isDetail: false };
    case '\x1b[A':
    case '\x1bOA':
    case 'k':
      return move(state, rings, -1);
    case '\x1b[B':
    case '\x1bOB':
    case 'j':
      return move(state, rings, 1);
    case '\x1b[C':
    case '\x1bOC':
      return { ...state, sort: neighbour(state.sort, 1) };
    case '\x1b[D':
    case '\x1bOD':
      return { ...state, sort: neighbour(state.sort, -1) };
    default:
      return { ...state, sort: SORT_KEYS[key] ?? state.sort };
  }
}

function editFilter(state: TopState, key: string): TopState {
  if (key === '\r' || key === '\n') return { ...state, isEditing: false };
  if (key === '\x1b') return { ...state, isEditing: false, filter: '' };
  if (key === '\x7f' || key === '\b') return { ...state, filter: [...state.filter].slice(0, -1).join('') };
  return key < ' ' ? state : { ...state, filter: state.filter + key };
}

/** Moves the mark; to the first ring where the marked one is not to be seen. */
function move(state: TopState, rings: readonly RingReport[], by: number): TopState {
  const at = rings.findIndex(({ id }) => id === state.selected);
  const next = at < 0 ? 0 : Math.max(0, Math.min(rings.length - 1, at + by));
  return { ...state, selected: rings[next]?.id };
}

function neighbour(name: TopColumnName, by: number): TopColumnName {
  const names = Object.keys(TOP_COLUMNS) as TopColumnName[];
  return names[(names.indexOf(name) + by + names.length) % names.length]!;
}
