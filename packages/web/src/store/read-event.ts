/** What is shown of an event, read from the part of the stream that it is. Pure. */
import { messageType } from '@meseta/protocol/browser';
import { Fields, idIn, integerIn, messageIn, textIn } from '../stream/fields.ts';
import type { PartKind } from '../stream/splitter.ts';
import { agentState, readAgent } from './agents.ts';
import { idsOfTask, readTaskUpdate, stateOf } from './tasks.ts';

/** An event in words. */
export interface ShownEvent {
  /** `task updated`. */
  readonly kind: string;
  /** The id of what it is about. */
  readonly id?: string | undefined;
  readonly state?: string;
  readonly framework?: string;
  readonly agent?: string | undefined;
  readonly source?: string;
  readonly reason?: string;
  readonly message?: string;
}

const status = messageType('mesos.v1.TaskStatus').byName;
const sources = status.get('source')?.enumeration?.nameOf ?? new Map<number, string>();
const reasons = status.get('reason')?.enumeration?.nameOf ?? new Map<number, string>();

const readers: Partial<Record<PartKind, (bytes: Uint8Array) => Omit<ShownEvent, 'kind'>>> = {
  'task added': bytes => {
    const task = messageIn(bytes, 1);
    const { frameworkId, taskId } = idsOfTask(task);
    return { id: taskId, framework: frameworkId, agent: idIn(task, 5), state: stateOf(integerIn(task, 6)) };
  },
  'task updated': bytes => {
    const { frameworkId, taskId, state, status } = readTaskUpdate(bytes);
    return { id: taskId, framework: frameworkId, state, ...readStatus(status) };
  },
  'agent added': bytes => {
    const agent = readAgent(messageIn(bytes, 1));
    const { id, hostname } = agent.agent_info;
    return { id: id?.value, agent: id?.value, state: agentState(agent), message: hostname };
  },
  'agent removed': bytes => ({ id: idIn(bytes, 1), agent: idIn(bytes, 1) }),
  'framework added': bytes => aboutFramework(messageIn(messageIn(bytes, 1), 1)),
  'framework updated': bytes => aboutFramework(messageIn(messageIn(bytes, 1), 1)),
  'framework removed': bytes => aboutFramework(messageIn(bytes, 1)),
  'snapshot end': () => ({ message: 'The page begins to follow the master. What happened before is not listed.' }),
};

/** Reads an event; undefined: the part is none. @throws {DecodeError} {RangeError} when it is malformed. */
export function readEvent(kind: PartKind, bytes: Uint8Array): ShownEvent | undefined {
  const read = readers[kind];
  return read && { kind: kind === 'snapshot end' ? 'connected' : kind, ...read(bytes) };
}

function aboutFramework(info: Uint8Array): Omit<ShownEvent, 'kind'> {
  const id = idIn(info, 3);
  return { id, framework: id, message: textIn(info, 2) };
}

function readStatus(bytes: Uint8Array): Omit<ShownEvent, 'kind'> {
  const fields = new Fields(bytes);
  let [agent, source, reason, message] = ['', '', '', ''];
  while (fields.next()) {
    if (fields.number === 4) message = fields.text();
    else if (fields.number === 5) agent = fields.knownId();
    else if (fields.number === 9) source = sources.get(fields.integer()) ?? '';
    else if (fields.number === 10) reason = reasons.get(fields.integer()) ?? '';
  }
  return { agent, source, reason, message };
}
