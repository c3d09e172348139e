import { open } from '@meseta/daemon';
import { PingSlaveMessage, PongSlaveMessage } from '@meseta/protocol';
import type { MasterContext } from '../context.ts';
import type { Agent } from '../state/agent.ts';

const own = open('Counts only when it comes from the agent that is pinged.');

/**
 * Pings one agent each `--agent_ping_timeout` and counts the pings in a row that no pong followed.
 *
 * @see Mesos src/master/master.cpp, SlaveObserver
 */
export class AgentObserver {
  readonly #context: MasterContext;
  readonly #agent: Agent;
  readonly #actor: string;
  readonly #silent: () => void;
  #cancel: () => void = () => undefined;
  #missed = 0;
  #answered = true;

  /** @param silent called when `--max_agent_ping_timeouts` pings are missed, and again with each further one. */
  constructor(context: MasterContext, agent: Agent, silent: () => void) {
    this.#context = context;
    this.#agent = agent;
    this.#silent = silent;
    this.#actor = context.agentConnections.nextObserver();
    context.messages.install(this.#actor, PongSlaveMessage, own, (from, _, peer) => {
      if (from === agent.pid && peer === agent.peer) this.heard();
      else context.metrics.counter('master/dropped_messages').increment();
    });
    this.#ping();
  }

  /** Records a message of the agent: a pong or a registration. */
  heard(): void {
    this.#answered = true;
    this.#missed = 0;
  }

  /** Tells whether so many pings are missed that the agent counts as unreachable. A pong takes that back. */
  get silent(): boolean {
    return this.#missed >= this.#context.flags.max_agent_ping_timeouts;
  }

  stop(): void {
    this.#cancel();
    this.#context.messages.remove(this.#actor);
  }

  #ping(): void {
    this.#answered = false;
    const ping = { connected: this.#agent.connected };
    this.#context.messages.send(this.#agent.pid, PingSlaveMessage, ping, this.#actor);
    this.#cancel = this.#context.clock.after(this.#context.flags.agent_ping_timeout, () => this.#due());
  }

  #due(): void {
    if (!this.#answered) {
      this.#missed++;
      if (this.silent) this.#silent();
    }
    this.#ping();
  }
}
