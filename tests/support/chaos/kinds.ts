/** The tasks that chaos launches. Each writes into a file when it begins and how it is about to end. */

/** What a task does after it has begun; `note` writes a line into the file. */
const bodies = {
  quick: 'note exit 0; exit 0',
  short: 'sleep 0.5; note exit 0; exit 0',
  fails: 'sleep 0.2; note exit 3; exit 3',
  crashes: 'note signal 9; kill -9 $$',
  /** Goes on until it is asked to end. */
  long: "trap 'note term; exit 143' TERM; sleep 1000 & wait",
  /** Goes on until it is made to end. */
  stubborn: "trap '' TERM; while :; do sleep 1; done",
} as const;

export type TaskKind = keyof typeof bodies;

/** Tasks that are launched together: one alone, or a task group. */
export const launches: readonly (readonly TaskKind[])[] = [
  ...[['quick'], ['short'], ['short'], ['fails'], ['crashes'], ['long'], ['stubborn']],
  ...[
    ['quick', 'short'],
    ['fails', 'long'], // the end of the first ends the second
  ],
] as TaskKind[][];

/** Tells whether tasks of this kind end only when they are killed. */
export const isEndless = (kind: TaskKind): boolean => kind === 'long' || kind === 'stubborn';

/** Returns the command of a task. @param traces the file that it writes into. */
export function commandOf(taskId: string, kind: TaskKind, traces: string): string {
  return `note() { echo "${taskId} $*" >>'${traces}'; }; note begin; ${bodies[kind]}`;
}
