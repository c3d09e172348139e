/** Terminals in containers of tasks, over WebSockets: who may open one, how many there are, and their end. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { allows, noteEnd, type Question } from '@meseta/daemon';
import {
  failure,
  formatAddress,
  HttpError,
  methodNotAllowed,
  networkOf,
  type Principal,
  parsePid,
  type Request,
  type Response,
} from '@meseta/process';
import { type ContainerID, isTerminal, type Task, type TerminalEnd } from '@meseta/protocol';
import { AgentStreams } from '@meseta/scheduler';
import { WebSocketServer } from 'ws';
import type { MasterContext } from '../../context.ts';
import type { Agent } from '../../state/agent.ts';
import { type AgentProxyParts, agentAuthorization } from '../agent-authorization.ts';
import { type Exceeded, InFlight, type InFlightLimits } from '../in-flight.ts';
import { sandboxOf } from '../permission.ts';
import { commandOf, launchOf, type TerminalRequest, terminalRequest } from './request.ts';
import { TerminalSession } from './session.ts';

const limits: InFlightLimits = { ofUser: 32, toAgent: 64, inAll: 512 };
/** Nothing larger is typed; what is pasted comes in several frames. */
const largestFrameBytes = 64 * 1024;
/** Agents of Apache Mesos send a heartbeat every 30 seconds. */
const agentIdleMs = 75_000;
const stopped: TerminalEnd = { how: 'stopped', message: 'The master stops, or does not lead any more' };

/** See the top of this file. */
export class Terminals {
  readonly #context: MasterContext;
  readonly #parts: AgentProxyParts;
  readonly #inFlight = new InFlight(limits);
  readonly #sessions = new Set<TerminalSession>();
  #isClosed = false;
  readonly #webSockets = new WebSocketServer({
    ...{ noServer: true, clientTracking: false, maxPayload: largestFrameBytes + 1, perMessageDeflate: false },
  });

  constructor(context: MasterContext, parts: AgentProxyParts) {
    this.#context = context;
    this.#parts = parts;
  }

  /** Answers the request for a terminal on an agent. @throws {HttpError} when there is none. */
  async answer(request: Request, agent: Agent): Promise<Response> {
    if (request.method !== 'GET') return methodNotAllowed(['GET'], request.method);
    // Who reads need not prove who that is where only changes ask for it; a terminal changes things.
    const { principal, refusal, onEnd } = await this.#context.access.authenticate(request, 'mesos-master-readwrite');
    if (refusal) return refusal;
    if (onEnd) noteEnd(request, onEnd);
    const wanted = terminalRequest(request.query);
    const id = await this.#allowedContainer(wanted, agent, principal);
    if (!asksForWebSocket(request)) {
      const headers = { Upgrade: 'websocket', 'Sec-WebSocket-Version': '13' };
      return failure('WEBSOCKET_REQUIRED', 'You may open this terminal; it is a WebSocket of version 13', headers);
    }
    const leave = this.#inFlight.enter(principal?.value ?? `address ${networkOf(request.peer.address)}`, agent.id);
    if (typeof leave === 'string') return full(leave, agent);
    const { signal, headers, method } = request;
    let isTaken = false;
    const forget = () => {
      if (!isTaken) leave();
    };
    signal.addEventListener('abort', forget);
    if (signal.aborted) forget();
    return {
      ...{ status: 101, writesHead: true },
      take: (socket: Socket, head: Buffer) => {
        isTaken = true;
        const message = { method, headers } as IncomingMessage;
        let isOpen = false;
        this.#webSockets.handleUpgrade(message, socket, head, webSocket => {
          isOpen = true;
          const streams = this.#streamsOf(agent, principal);
          const { clock } = this.#context;
          const launch = launchOf(wanted, id);
          const { window, inputWindow } = wanted;
          const session = new TerminalSession(webSocket, { agent, streams, launch, window, inputWindow, clock });
          void this.#run(session, { wanted, agent, principal }).finally(() => {
            leave();
            void streams.close();
          });
        });
        // The connection has ended meanwhile.
        if (!isOpen) leave();
      },
    };
  }

  /** Ends all of them: this master does not lead any more. */
  close(): void {
    this.#isClosed = true;
    for (const session of this.#sessions) session.end(stopped);
  }

  async #run(session: TerminalSession, about: About): Promise<void> {
    const { log } = this.#context;
    const { wanted, agent, principal } = about;
    const fields = {
      ...{ framework_id: wanted.frameworkId, task_id: wanted.taskId, agent_id: agent.id },
      ...(principal?.value !== undefined && { principal: principal.value }),
    };
    log.info('Opened a terminal in a task', { ...fields, program: wanted.argv[0] });
    this.#sessions.add(session);
    if (this.#isClosed) session.end(stopped); // it was allowed before
    const end = await session.run();
    this.#sessions.delete(session);
    log.info('A terminal in a task has ended', { ...fields, how: end?.how ?? 'its client is gone' });
  }

  /**
   * Finds the container of the task, and asks whether the principal may run the command in it. @returns the id of the
   * container to be.
   */
  async #allowedContainer(
    wanted: TerminalRequest,
    agent: Agent,
    principal: Principal | undefined,
  ): Promise<ContainerID> {
    const { frameworkId, taskId } = wanted;
    const task = agent.task(frameworkId as never, taskId as never);
    const parent = task && containerOf(task);
    const container_id = { value: randomUUID(), ...(parent && { parent }) };
    const executorId = task?.executor_id?.value || taskId;
    const object = { container_id, ...sandboxOf(this.#context, agent, frameworkId, executorId) };
    const questions: readonly Question[] = [
      { action: 'LAUNCH_NESTED_CONTAINER_SESSION', object: { ...object, command_info: commandOf(wanted) } as never },
      { action: 'ATTACH_CONTAINER_INPUT', object: object as never },
    ];
    // Before it is said whether there is such a task.
    if (!(await allows(this.#context.access, principal, questions))) {
      throw new HttpError(
        'NOT_AUTHORIZED',
        `You may not open a terminal in task '${taskId}', by the rules of the master`,
      );
    }
    if (task === undefined)
      throw new HttpError('TASK_NOT_FOUND', `Agent ${agent.id} has no task '${taskId}' of framework ${frameworkId}`);
    if (isTerminal(task.state)) throw new HttpError('TASK_ENDED', `Task '${taskId}' has ended (${task.state})`);
    if (parent === undefined)
      throw new HttpError(
        'CONTAINER_NOT_FOUND',
        `Task '${taskId}' has no container yet (${task.state}); try again when it runs`,
      );
    return container_id;
  }

  #streamsOf(agent: Agent, principal: Principal | undefined): AgentStreams {
    const address = parsePid(agent.pid);
    if (address === undefined) throw new Error(`The agent's address '${agent.pid}' is no pid`);
    const { clock, cluster } = this.#context;
    return new AgentStreams(`${cluster.agentScheme}://${formatAddress(address)}`, {
      ...{ tls: this.#parts.tls, idleMs: agentIdleMs },
      authorization: () => agentAuthorization(agent, principal, this.#parts, clock.now()),
    });
  }
}

interface About {
  readonly wanted: TerminalRequest;
  readonly agent: Agent;
  readonly principal: Principal | undefined;
}

function containerOf({ statuses = [] }: Task): ContainerID | undefined {
  return statuses.findLast(({ container_status }) => container_status?.container_id)?.container_status?.container_id;
}

function asksForWebSocket({ headers, upgrade }: Request): boolean {
  const key = headers['sec-websocket-key'];
  return (
    upgrade === 'websocket' &&
    headers.upgrade?.toLowerCase() === 'websocket' && // as `ws` wants it
    headers['sec-websocket-version'] === '13' &&
    key !== undefined &&
    /^[+/0-9A-Za-z]{22}==$/.test(key)
  );
}

function full(exceeded: Exceeded, { id }: Agent): Response {
  if (exceeded === 'ofUser')
    return failure('TERMINAL_LIMIT', `You have ${limits.ofUser} terminals open, which is the most at a time`);
  const [most, where] = exceeded === 'toAgent' ? [limits.toAgent, `agent ${id}`] : [limits.inAll, 'agents'];
  return failure('TERMINALS_BUSY', `${most} terminals to ${where} are open, which is the most at a time`);
}
