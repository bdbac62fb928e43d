/**
 * How long all rings of the process together may hold one turn of the event loop, in milliseconds. A drain that
 * ran until its ring is empty would never return under a fast producer, and timers and sockets would starve.
 */
const TURN_MS = 4;

let turn = 0;
let deadline: number | undefined;

const endTurn = (): void => {
  deadline = undefined;
};

/** Begins a turn of the event loop, unless one is begun. @returns its number. */
export function beginTurn(): number {
  if (deadline === undefined) {
    turn++;
    deadline = performance.now() + TURN_MS;
    setImmediate(endTurn);
  }
  return turn;
}

/** The time (as of `performance.now()`) at which this turn of the event loop is used up; begins it if need be. */
export function turnDeadline(): number {
  beginTurn();
  return deadline!;
}

/** Whether rings have held this turn of the event loop long enough. */
export function turnIsSpent(): boolean {
  return deadline !== undefined && performance.now() >= deadline;
}

/** Resolves in the next turn of the event loop. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
