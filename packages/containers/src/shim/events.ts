import type { WireId } from '@meseta/protocol';
import type { ProcessId } from '@meseta/system';
import { type ExitStatus, fromWaitStatus } from '../exit-status.ts';
import type { Shim } from './shim.ts';

/**
 * An event of a container, reported by its shim (`lost` and `kept`: by the spawner). They are listed in the order in which they
 * happen.
 */
export type ShimEvent = { readonly id: WireId<'containerKey'> } & (
  | { readonly type: 'ready'; readonly shim: Shim; readonly task: ProcessId }
  | { readonly type: 'moved'; readonly task: ProcessId }
  | { readonly type: 'started' }
  | { readonly type: 'failed'; readonly errno: number; readonly step: string }
  | { readonly type: 'exited'; readonly status: ExitStatus; readonly empty: boolean }
  | { readonly type: 'drained' }
  | { readonly type: 'lost' }
  | { readonly type: 'kept' }
);

/**
 * Parses one line of the FIFO of events. Returns undefined for anything else: an agent that was killed may have read
 * the first half of a line.
 */
export function parseEvent(line: string): ShimEvent | undefined {
  const match =
    /^(?:ready (\d+) (\d+) (\d+) (\d+) (\d+) (\d+)|(started|drained|lost|kept)|failed (\d+) (\w+)|exited (\d+) (empty|busy)|moved (\d+) (\d+)) (.+)$/.exec(
      line,
    );
  if (match === null) return undefined;
  const id = match[14]!;
  const number = (group: number) => Number(match[group]);
  if (match[1]) {
    return {
      id,
      type: 'ready',
      shim: { pid: number(1), start: number(2), userBefore: number(3), systemBefore: number(4) },
      task: { pid: number(5), start: number(6) },
    };
  }
  if (match[7]) return { id, type: match[7] as 'started' | 'drained' | 'lost' | 'kept' };
  if (match[8]) return { id, type: 'failed', errno: number(8), step: match[9]! };
  if (match[12]) return { id, type: 'moved', task: { pid: number(12), start: number(13) } };
  return { id, type: 'exited', status: fromWaitStatus(number(10)), empty: match[11] === 'empty' };
}
