/** Reads `mesos.v1.TaskStatus` for tables, a thousand of them a second. Pure. */
import { messageType, type TaskState } from '@meseta/protocol/browser';
import type { Fields } from '../stream/fields.ts';

/** What tables show of a status. */
export interface StatusView {
  readonly taskId: string;
  readonly state: TaskState;
  /** Empty: there is none. The same goes for the texts that follow. */
  readonly message: string;
  readonly agentId: string;
  /** Seconds since the epoch; NaN: it has none. */
  readonly timestamp: number;
  /** Undefined: no health check has said. */
  readonly healthy: boolean | undefined;
  readonly source: string;
  readonly reason: string;
}

const fieldsOfStatus = messageType('mesos.v1.TaskStatus').byName;
const noNames: ReadonlyMap<number, string> = new Map();
const namesOf = (field: string) => fieldsOfStatus.get(field)?.enumeration?.nameOf ?? noNames;
const [states, sources, reasons] = [namesOf('state'), namesOf('source'), namesOf('reason')];

/** Returns the name of a state by its number. */
export const stateOf = (number: number): TaskState => (states.get(number) ?? 'TASK_UNKNOWN') as TaskState;

/** Reads a status. @throws {RangeError} when it is malformed. */
export function readStatus(fields: Fields): StatusView {
  let taskId = '';
  let state = 0;
  let message = '';
  let agentId = '';
  let timestamp = Number.NaN;
  let healthy: boolean | undefined;
  let source = '';
  let reason = '';
  while (fields.next()) {
    switch (fields.number) {
      case 1:
        taskId = fields.id();
        break;
      case 2:
        state = fields.integer();
        break;
      case 4:
        // Executors say the same of most tasks.
        message = fields.word();
        break;
      case 5:
        agentId = fields.knownId();
        break;
      case 6:
        timestamp = fields.double();
        break;
      case 8:
        healthy = fields.integer() !== 0;
        break;
      case 9:
        source = sources.get(fields.integer()) ?? '';
        break;
      case 10:
        reason = reasons.get(fields.integer()) ?? '';
        break;
    }
  }
  return { taskId, state: stateOf(state), message, agentId, timestamp, healthy, source, reason };
}

/** Whether a status says the same as the one before: state, message, source, reason and health. */
export function isRepeated(before: Fields, status: Fields): boolean {
  for (;;) {
    const number = nextOfGist(before);
    if (number !== nextOfGist(status)) return false;
    if (number === 0) return true;
    if (!before.isSame(status)) return false;
  }
}

/** Moves to the next field of a status that matters to {@link isRepeated}. @returns its number; 0: there is none. */
function nextOfGist(fields: Fields): number {
  while (fields.next()) {
    const { number } = fields;
    if (number === 2 || number === 4 || (number >= 8 && number <= 10)) return number;
  }
  return 0;
}
