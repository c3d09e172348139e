/**
 * Who watches the cluster's events. Each subscriber first gets a snapshot and then every event that changes it, so that
 * it always knows the whole. Events are encoded once for all subscribers of a format that may see the same.
 */

import { type Encoding, encodeInPieces, jsonPieces, unfiltered } from '@meseta/daemon';
import { EventStream, PROTOBUF_TYPE, type Response } from '@meseta/process';
import { encode, encodeRecord, MasterEvent, type Task, type TaskStatus } from '@meseta/protocol';
import { every, Slice } from '@meseta/system';
import type { MasterContext } from '../../context.ts';
import type { Agent } from '../../state/agent.ts';
import type { ClusterObserver } from '../../state/cluster.ts';
import type { Framework } from '../../state/framework.ts';
import {
  agentMessage,
  type ClusterFilters,
  followedAgentMessage,
  frameworkEventMessage,
  getStateMessage,
} from '../../views/index.ts';
import { stateParts } from './state-parts.ts';

const heartbeatSeconds = 15;

/** How much may wait for a subscriber beside its snapshot before it is cut off. */
const queueLimitBytes = 8 * 1024 * 1024;

/** A snapshot being made, a few milliseconds at a time, for all who subscribe meanwhile. */
interface Snapshot {
  /** Whose changes so far will be in the snapshot: they have not been encoded yet. */
  readonly pending: Set<object>;
  /** The records of events that follow the snapshot. */
  readonly events: Buffer[];
  /** Those who get it when it is whole. */
  readonly waiting: PromiseWithResolvers<EventStream>[];
  /** The records of a snapshot in parts so far, for those who come later. */
  readonly parts: Buffer[];
  /** Those who get its parts as they are made. */
  readonly streams: Set<EventStream>;
}

/** What a subscriber wants that Apache Mesos does not have. */
export interface Wants {
  /**
   * Sends AGENT_ADDED again when an agent changes, its executors included, and TASK_ADDED for tasks that ended under an earlier
   * master. Clients of Apache Mesos may take an AGENT_ADDED for another agent.
   */
  readonly followsAgents?: boolean;
  /** Sends the snapshot as soon as parts of it are made, each in a SUBSCRIBED of its own; the last has the heartbeat interval. */
  readonly inParts?: boolean;
}

/** The subscribers of one format that may see the same. */
interface Audience {
  readonly encoding: Encoding;
  /** Undefined: everything, which most may. */
  readonly see: ClusterFilters | undefined;
  readonly wants: Wants;
  /** Those who have the snapshot. */
  readonly streams: Set<EventStream>;
  snapshot: Snapshot | undefined;
}

/**
 * Sends the changes of the cluster to the subscribers of the operator API.
 *
 * @see Mesos src/master/master.cpp, Master::Subscribers
 */
export class Subscribers implements ClusterObserver {
  readonly #context: MasterContext;
  /** Who may see everything. */
  readonly #shared: Readonly<Record<Encoding, Audience>> = {
    'application/json': audience('application/json'),
    'application/x-protobuf': audience('application/x-protobuf'),
  };
  /** All of them: the shared ones, and those of subscribers that may not see everything or want more. */
  readonly #audiences = new Set<Audience>(Object.values(this.#shared));
  /** All streams with their audience, oldest first. */
  readonly #streams = new Map<EventStream, Audience>();
  #stopHeartbeats: (() => void) | undefined;
  /** Agents whose change is not yet published. */
  readonly #changedAgents = new Set<Agent>();

  constructor(context: MasterContext) {
    this.#context = context;
    context.metrics.gauge('master/operator_event_stream_subscribers', () => this.#streams.size);
    context.cluster.observe(this);
  }

  /** Handles SUBSCRIBE. Resolves when the snapshot is complete, with which the stream begins, or at once if it is wanted in parts. */
  async subscribe(encoding: Encoding, see: ClusterFilters, wants: Wants = {}): Promise<Response> {
    const seesAll = Object.values(see).every(filter => filter === undefined);
    const audience =
      seesAll && !wants.followsAgents && !wants.inParts
        ? this.#shared[encoding]
        : this.#audienceOf(encoding, seesAll ? undefined : see, wants);
    const stream = wants.inParts ? this.#openInParts(audience) : await this.#openWhole(audience);
    return { status: 200, headers: { 'Content-Type': encoding }, body: stream };
  }

  #openWhole(audience: Audience): Promise<EventStream> {
    const waiting = Promise.withResolvers<EventStream>();
    if (audience.snapshot) audience.snapshot.waiting.push(waiting);
    else this.#takeSnapshot(audience, waiting);
    return waiting.promise;
  }

  #openInParts(audience: Audience): EventStream {
    const stream = new EventStream({ limitBytes: queueLimitBytes });
    this.#add(stream, audience);
    const isFirst = audience.snapshot === undefined;
    const snapshot = audience.snapshot ?? this.#beginSnapshot(audience);
    snapshot.streams.add(stream);
    if (isFirst) void this.#sendParts(audience, snapshot);
    else for (const part of snapshot.parts) stream.sendExtra(part);
    return stream;
  }

  /** The audience of one subscriber, or of several that want the same. */
  #audienceOf(encoding: Encoding, see: ClusterFilters | undefined, wants: Wants): Audience {
    for (const each of this.#audiences)
      if (each.encoding === encoding && wantsSame(each.wants, wants) && isSame(each.see, see)) return each;
    const one = audience(encoding, see, wants);
    this.#audiences.add(one);
    return one;
  }

  /** Ends all streams: the master stops. */
  close(): void {
    for (const stream of [...this.#streams.keys()]) stream.close();
    this.#stopHeartbeats?.();
  }

  taskAdded(task: Task, framework: Framework): void {
    const event = (): MasterEvent => ({ type: 'TASK_ADDED', task_added: { task } });
    this.#publish(task, event, seesTask(task, framework));
  }

  taskRemembered(task: Task, framework: Framework): void {
    const event = (): MasterEvent => ({ type: 'TASK_ADDED', task_added: { task } });
    this.#publish(task, event, seesTask(task, framework), followsAgents);
  }

  taskUpdated(task: Task, status: TaskStatus, framework: Framework): void {
    const event = (): MasterEvent => ({
      type: 'TASK_UPDATED',
      task_updated: { framework_id: task.framework_id, status, state: task.state },
    });
    this.#publish(task, event, seesTask(task, framework));
  }

  agentAdded(agent: Agent): void {
    this.#publish(agent, see => ({ type: 'AGENT_ADDED', agent_added: { agent: agentMessage(agent, see) } }));
  }

  agentUpdated(agent: Agent): void {
    if (!this.#audiences.values().some(followsAgents)) return;
    // Once for all that changes in this turn.
    if (this.#changedAgents.size === 0) queueMicrotask(() => this.#publishChangedAgents());
    this.#changedAgents.add(agent);
  }

  #publishChangedAgents(): void {
    for (const agent of this.#changedAgents) {
      if (this.#context.cluster.agents.get(agent.id) !== agent) continue; // AGENT_REMOVED says that
      const event = (see: ClusterFilters): MasterEvent => {
        const message = followedAgentMessage(agent, see, this.#context.cluster);
        return { type: 'AGENT_ADDED', agent_added: { agent: message } };
      };
      this.#publish(agent, event, undefined, followsAgents);
    }
    this.#changedAgents.clear();
  }

  agentRemoved(agent: Agent): void {
    this.#publish(undefined, () => ({ type: 'AGENT_REMOVED', agent_removed: { agent_id: { value: agent.id } } }));
  }

  frameworkAdded(framework: Framework): void {
    const event = () => ({ framework: frameworkEventMessage(framework) });
    this.#publish(framework, () => ({ type: 'FRAMEWORK_ADDED', framework_added: event() }), seesFramework(framework));
  }

  frameworkUpdated(framework: Framework): void {
    const event = () => ({ framework: frameworkEventMessage(framework) });
    this.#publish(
      framework,
      () => ({ type: 'FRAMEWORK_UPDATED', framework_updated: event() }),
      seesFramework(framework),
    );
  }

  frameworkRemoved(framework: Framework): void {
    this.#publish(
      undefined,
      () => ({ type: 'FRAMEWORK_REMOVED', framework_removed: { framework_info: framework.info } }),
      seesFramework(framework),
    );
  }

  /**
   * Sends an event.
   *
   * @param about the agent, framework or task whose state changed: a snapshot that will still include it does not need
   * the event.
   * @param isSeen selects the subscribers with restricted views that may see it; without it, all may.
   * @param isFor selects the audiences that want such events; without it, all do.
   */
  #publish(
    about: object | undefined,
    make: (see: ClusterFilters) => MasterEvent,
    isSeen?: (see: ClusterFilters) => boolean,
    isFor?: (audience: Audience) => boolean,
  ): void {
    let whole: MasterEvent | undefined;
    for (const audience of this.#audiences) {
      const { streams, snapshot, encoding, see } = audience;
      const wanted = snapshot !== undefined && !(about && snapshot.pending.has(about));
      if (streams.size === 0 && !wanted) continue;
      if ((see && isSeen?.(see) === false) || isFor?.(audience) === false) continue;
      const event = see ? make(see) : (whole ?? make(unfiltered));
      if (!see) whole = event;
      const record = recordOf(encoding, event);
      for (const stream of streams) stream.send(record);
      if (wanted) snapshot.events.push(record);
    }
  }

  /** Makes a snapshot. All that subscribe before it is complete get the same one. */
  #takeSnapshot(audience: Audience, first: PromiseWithResolvers<EventStream>): void {
    const snapshot = this.#beginSnapshot(audience);
    snapshot.waiting.push(first);
    const done = (settle: (waiting: PromiseWithResolvers<EventStream>) => void) => {
      audience.snapshot = undefined;
      snapshot.waiting.forEach(settle);
      this.#dropEmpty(audience);
    };
    this.#encodeState(audience, snapshot.pending).then(
      record => done(({ resolve }) => resolve(this.#open(audience, record, snapshot.events))),
      (error: unknown) => done(({ reject }) => reject(error)),
    );
  }

  #beginSnapshot(audience: Audience): Snapshot {
    const pending = new Set<object>();
    for (const framework of this.#context.cluster.frameworks.values()) {
      pending.add(framework);
      for (const task of framework.tasks.values()) pending.add(task);
    }
    const snapshot: Snapshot = { pending, events: [], waiting: [], parts: [], streams: new Set() };
    audience.snapshot = snapshot;
    return snapshot;
  }

  async #encodeState(audience: Audience, pending: Set<object>): Promise<Buffer> {
    return encodeSnapshot(audience.encoding, {
      type: 'SUBSCRIBED',
      subscribed: { get_state: this.#stateFor(audience, pending), heartbeat_interval_seconds: heartbeatSeconds },
    });
  }

  #stateFor({ see = unfiltered, wants }: Audience, pending: Set<object>): ReturnType<typeof getStateMessage> {
    const followed = (agent: Agent) => followedAgentMessage(agent, see, this.#context.cluster);
    const message = wants.followsAgents ? followed : undefined;
    return getStateMessage(this.#context, see, thing => pending.delete(thing), message);
  }

  /** Makes a snapshot in parts, unless all who want it have gone. All that subscribe before it is complete get the same one. */
  async #sendParts(audience: Audience, snapshot: Snapshot): Promise<void> {
    const { encoding } = audience;
    const { pending, parts, streams } = snapshot;
    const slice = new Slice();
    try {
      for (const get_state of stateParts(this.#stateFor(audience, pending))) {
        if (get_state) {
          const part = recordOf(encoding, { type: 'SUBSCRIBED', subscribed: { get_state } });
          parts.push(part);
          for (const stream of streams) stream.sendExtra(part);
        }
        await slice.giveWay();
        if (streams.size === 0) return;
      }
      this.#endParts(audience, snapshot);
    } catch (error) {
      this.#context.log.error(`Cannot encode the state for ${streams.size} subscribers to events: ${error}`);
      for (const stream of [...streams]) stream.close();
    } finally {
      // In the same turn: who subscribes after it gets another one.
      audience.snapshot = undefined;
      this.#dropEmpty(audience);
    }
  }

  #endParts({ encoding, streams }: Audience, snapshot: Snapshot): void {
    const end: MasterEvent = { type: 'SUBSCRIBED', subscribed: { heartbeat_interval_seconds: heartbeatSeconds } };
    const last = [recordOf(encoding, end), heartbeats[encoding], ...snapshot.events];
    for (const stream of snapshot.streams) {
      for (const record of last) stream.sendExtra(record);
      if (stream.closed === undefined) streams.add(stream);
    }
  }

  #open(audience: Audience, record: Buffer, events: readonly Buffer[]): EventStream {
    const stream = new EventStream({ limitBytes: queueLimitBytes });
    for (const each of [record, heartbeats[audience.encoding], ...events]) stream.sendExtra(each);
    audience.streams.add(stream);
    this.#add(stream, audience);
    return stream;
  }

  #add(stream: EventStream, audience: Audience): void {
    this.#streams.set(stream, audience);
    stream.onClose(() => this.#forget(stream, audience));
    this.#makeRoom();
    this.#stopHeartbeats ??= every(this.#context.clock, heartbeatSeconds * 1000, () => this.#beat());
  }

  /** Closes the oldest streams while there are more than the limit. */
  #makeRoom(): void {
    const limit = this.#context.flags.max_operator_event_stream_subscribers;
    for (const stream of this.#streams.keys()) {
      if (this.#streams.size <= limit) return;
      stream.close();
    }
  }

  #forget(stream: EventStream, audience: Audience): void {
    this.#streams.delete(stream);
    audience.streams.delete(stream);
    audience.snapshot?.streams.delete(stream);
    this.#dropEmpty(audience);
    if (this.#streams.size > 0) return;
    this.#stopHeartbeats?.();
    this.#stopHeartbeats = undefined;
  }

  #dropEmpty(audience: Audience): void {
    const isShared = this.#shared[audience.encoding] === audience;
    if (!isShared && audience.streams.size === 0 && !audience.snapshot) this.#audiences.delete(audience);
  }

  #beat(): void {
    for (const [stream, { encoding }] of this.#streams) stream.send(heartbeats[encoding]);
  }
}

function audience(encoding: Encoding, see?: ClusterFilters, wants: Wants = {}): Audience {
  return { encoding, see, wants, streams: new Set(), snapshot: undefined };
}

const followsAgents = ({ wants }: Audience): boolean => wants.followsAgents === true;

const wantsSame = (one: Wants, other: Wants): boolean =>
  one.followsAgents === other.followsAgents && one.inParts === other.inParts;

/** Whether two views show the same: the local authorizer has one filter for all principals that may see the same. */
function isSame(one: ClusterFilters | undefined, other: ClusterFilters | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return (Object.keys(one) as (keyof ClusterFilters)[]).every(action => one[action] === other[action]);
}

function seesFramework({ info }: Framework): (see: ClusterFilters) => boolean {
  return ({ VIEW_FRAMEWORK }) => VIEW_FRAMEWORK?.({ framework_info: info }) !== false;
}

function seesTask(task: Task, { info: framework_info }: Framework): (see: ClusterFilters) => boolean {
  return ({ VIEW_FRAMEWORK, VIEW_TASK }) =>
    VIEW_FRAMEWORK?.({ framework_info }) !== false && VIEW_TASK?.({ task, framework_info }) !== false;
}

function recordOf(encoding: Encoding, event: MasterEvent): Buffer {
  return encodeRecord(encoding === PROTOBUF_TYPE ? encode(MasterEvent, event) : JSON.stringify(event));
}

const heartbeats: Readonly<Record<Encoding, Buffer>> = {
  'application/json': recordOf('application/json', { type: 'HEARTBEAT' }),
  'application/x-protobuf': recordOf('application/x-protobuf', { type: 'HEARTBEAT' }),
};

const pieceLength = 64 * 1024;

/**
 * A record too large to be made in one go. It is one buffer all the same: there are clients which take a chunk for an
 * event.
 */
async function encodeSnapshot(
  encoding: Encoding,
  event: Parameters<typeof encodeInPieces<MasterEvent>>[1],
): Promise<Buffer> {
  if (encoding === PROTOBUF_TYPE) return encodeInPieces(MasterEvent, event, length => `${length}\n`);
  const slice = new Slice();
  const pieces: Buffer[] = [];
  let text = '';
  for (const piece of jsonPieces(event)) {
    text += piece;
    if (text.length < pieceLength) continue;
    pieces.push(Buffer.from(text));
    text = '';
    await slice.giveWay();
  }
  pieces.push(Buffer.from(text));
  const head = `${pieces.reduce((sum, { length }) => sum + length, 0)}\n`;
  const record = Buffer.allocUnsafeSlow(head.length + Number.parseInt(head, 10));
  let written = record.write(head, 'latin1');
  for (const piece of pieces) {
    written += piece.copy(record, written);
    await slice.giveWay();
  }
  return record;
}
