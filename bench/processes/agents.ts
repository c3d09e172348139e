/** Simulated agents by the thousand, in a process of their own: what they cost is not the master's. */
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { type Received, SimulatedAddress, SimulatedAgent } from '@meseta/master/testing';
import { type ClientInput, type ClientSession, type SaslMessage, saslTypes, stepClientSession } from '@meseta/process';
import {
  AuthenticateMessage,
  decode,
  type FrameworkInfo,
  type MessageType,
  type Resource,
  RunTaskMessage,
  StatusUpdateAcknowledgementMessage,
  StatusUpdateMessage,
  type Task,
  type TaskInfo,
  type TaskState,
} from '@meseta/protocol';
import { serve } from './serve.ts';

interface Took {
  readonly ms: number;
}

interface Life {
  readonly agent: SimulatedAgent;
  readonly frameworkId: string;
  readonly taskId: string;
  /** States still to be told; the next one when the last is acknowledged. */
  readonly states: TaskState[];
}

const agents: SimulatedAgent[] = [];
/** Their re-registrations, as they go over the wire. */
let prepared: Buffer[] = [];
const lives = new Map<string, Life>();
/** What each launched task goes through. */
let script: readonly TaskState[] = ['TASK_RUNNING', 'TASK_FINISHED'];

function receive(agent: SimulatedAgent, { name, body }: Received): unknown {
  if (name === 'StatusUpdateAcknowledgementMessage') {
    const { task_id } = decode(StatusUpdateAcknowledgementMessage, body);
    const life = lives.get(task_id.value);
    if (life) tellNext(life);
    return true;
  }
  if (name === 'RunTaskMessage') {
    const { task, framework } = decode(RunTaskMessage, body);
    begin(agent, framework.id?.value ?? '', task);
    return true;
  }
  return !name.startsWith('Authentication') && name !== 'SlaveRegisteredMessage' && name !== 'SlaveReregisteredMessage';
}

function begin(agent: SimulatedAgent, frameworkId: string, { task_id }: TaskInfo): void {
  const life = { agent, frameworkId, taskId: task_id.value, states: [...script] };
  lives.set(life.taskId, life);
  tellNext(life);
}

function tellNext({ agent, frameworkId, taskId, states }: Life): void {
  const state = states.shift();
  if (state === undefined) {
    lives.delete(taskId);
    return;
  }
  const uuid = randomBytes(16).toString('base64');
  const timestamp = Date.now() / 1000;
  const agent_id = { value: agent.id ?? '' };
  const status = { task_id: { value: taskId }, state, agent_id, timestamp, uuid, source: 'SOURCE_EXECUTOR' as const };
  const update = { framework_id: { value: frameworkId }, agent_id, status, timestamp, uuid, latest_state: state };
  agent.send(StatusUpdateMessage, { update });
}

type ClientCredential = Parameters<typeof stepClientSession>[2];

/** The messages of the master in a session, in the order they come. */
const sessionMessages = ['mechanisms', 'step', 'completed'] as const;

/** Proves to the master who the agent is, by CRAM-MD5. */
async function prove(agent: SimulatedAgent, credential: ClientCredential): Promise<void> {
  let session: ClientSession = 'starting';
  agent.send(AuthenticateMessage, { pid: agent.pid });
  for (const kind of sessionMessages) {
    const type = saslTypes[kind] as MessageType<SaslMessage['body']>;
    const { from, body } = await agent.next(type.fullName.replace('mesos.internal.', ''));
    const input = { kind, body: decode(type, body) } as ClientInput;
    const [next, effects] = stepClientSession(session, input, credential);
    session = next;
    for (const effect of effects) {
      if (effect.type === 'send') {
        const { kind, body } = effect.message;
        agent.send(saslTypes[kind] as MessageType<SaslMessage['body']>, body, { to: from.slice(0, from.indexOf('@')) });
      } else if (effect.outcome.type !== 'completed') throw new Error(`not authenticated: ${effect.outcome.type}`);
    }
  }
}

/** All at once, and what comes of it. */
async function together(act: (agent: SimulatedAgent, index: number) => Promise<unknown>): Promise<Took> {
  const start = performance.now();
  await Promise.all(agents.map(act));
  return { ms: performance.now() - start };
}

function taskOf(agent: SimulatedAgent, frameworkId: string, number: number): Task {
  const name = `${agent.id}-${number}`;
  const resources: Resource[] = [
    { name: 'cpus', type: 'SCALAR', scalar: { value: 0.01 }, allocation_info: { role: 'bench' } },
    { name: 'mem', type: 'SCALAR', scalar: { value: 1 }, allocation_info: { role: 'bench' } },
  ];
  const agent_id = { value: agent.id ?? '' };
  const uuid = randomBytes(16).toString('base64');
  const status = { task_id: { value: name }, state: 'TASK_RUNNING' as const, agent_id, timestamp: 1, uuid };
  return {
    name: 'bench',
    task_id: { value: name },
    framework_id: { value: frameworkId },
    agent_id,
    state: 'TASK_RUNNING',
    resources,
    statuses: [status],
    status_update_state: 'TASK_RUNNING',
    status_update_uuid: uuid,
  };
}

function postOnce(address: string, bytes: number): Promise<void> {
  const [host = '', port] = address.split(':');
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: Number(port), noDelay: true });
    socket.on('error', reject);
    socket.once('data', () => {
      socket.destroy();
      resolve();
    });
    socket.write(`POST / HTTP/1.1\r\nHost: ${address}\r\nContent-Length: ${bytes}\r\n\r\n${'x'.repeat(bytes)}`);
  });
}

const handlers = {
  /** Agents that listen and are connected to nobody. @param perAddress how many share an address. */
  start: async ({ count, perAddress, master }: { count: number; perAddress: number; master: string }) => {
    let address = await SimulatedAddress.listen(master);
    for (let i = 0; i < count; i++) {
      if (i > 0 && i % perAddress === 0) address = await SimulatedAddress.listen(master);
      const agent = await SimulatedAgent.start({ master, address, hostname: `host-${i}` });
      agent.onMessage = message => receive(agent, message);
      agents.push(agent);
    }
  },
  register: () => together(agent => agent.register()),
  /** Each agent proves who it is, and registers then. */
  proveAndRegister: (credential: ClientCredential) =>
    together(async agent => {
      await prove(agent, credential);
      return agent.register();
    }),
  /**
   * Writes what each agent will say when it re-registers: real ones do that on machines of their own.
   *
   * @param tasks each agent says it runs.
   */
  prepareReregistration: ({ framework, tasks }: { framework: FrameworkInfo; tasks: number }) => {
    const id = framework.id?.value ?? '';
    prepared = agents.map(agent => {
      const list = Array.from({ length: tasks }, (_, i) => taskOf(agent, id, i));
      return agent.reregistration({ tasks: list, frameworks: [framework] });
    });
  },
  /** What follows goes to another master. @param master its address. */
  follow: (master: string) => {
    for (const agent of agents) agent.follow(master);
  },
  reregister: () =>
    together((agent, index) => {
      agent.write(prepared[index] as Buffer);
      return agent.next('SlaveReregisteredMessage');
    }),
  script: (states: TaskState[]) => {
    script = states;
  },
  /** As many connections to any HTTP server at once, a message of that size on each, until all are answered. */
  post: async ({ count, address, bytes }: { count: number; address: string; bytes: number }): Promise<Took> => {
    const start = performance.now();
    await Promise.all(Array.from({ length: count }, () => postOnce(address, bytes)));
    return { ms: performance.now() - start };
  },
};
export type AgentsProcess = typeof handlers;
serve(handlers);
