import { type PeerKind, probeMaster, type Verdict } from '@meseta/daemon';
import { formatAddress, type Pid } from '@meseta/process';
import type { AgentContext } from '../context.ts';
import { addTrouble, isDue, noTroubles } from './troubles.ts';

/** Tries, and time since the first one, after which an address that does not answer is asked what it is. */
const patientTries = 3;
const patientMs = 3000;

/** Logs why the agent cannot register, and asks an address that does not answer registrations what it is. */
export class TroubleReport {
  readonly #context: Pick<AgentContext, 'agent' | 'clock' | 'log' | 'tls'>;
  readonly #isTrying: () => boolean;
  #troubles = noTroubles;
  #asking = false;
  /** The address that was asked last, since the agent was registered last. */
  #asked: string | undefined;
  #tries = 0;
  /** Since the agent was registered last. */
  #firstTryMs: number | undefined;

  /** @param isTrying false when the agent is registered, or does not want to be. */
  constructor(context: Pick<AgentContext, 'agent' | 'clock' | 'log' | 'tls'>, isTrying: () => boolean) {
    this.#context = context;
    this.#isTrying = isTrying;
  }

  /** A registration was sent. @param tries how many there were, with this one. */
  tried(master: Pid, tries: number): void {
    this.#tries = tries;
    this.#firstTryMs ??= this.#context.clock.steady();
    if (this.#isLong) this.ask(master);
  }

  /** Whether an answer to the registration is overdue. */
  get #isLong(): boolean {
    const since = this.#firstTryMs ?? this.#context.clock.steady();
    return this.#tries > patientTries && this.#context.clock.steady() - since >= patientMs;
  }

  /** There is no connection. @param problem an explanation that says what to do. */
  failed(problem: string, tries: number): void {
    const { agent, clock, log } = this.#context;
    this.#firstTryMs ??= clock.steady();
    const [next, logs] = addTrouble(this.#troubles, problem, clock.steady());
    this.#troubles = next;
    if (!logs) return;
    log.warning(`Cannot register with the master: ${problem}. The agent goes on trying`, {
      ...(agent.master === undefined ? {} : { master: agent.master }),
      tries,
    });
  }

  /** The address takes connections and does not answer registrations: finds out what it is, unless it was asked of late. */
  ask(master: Pid): void {
    const { agent, clock, tls } = this.#context;
    const peer = formatAddress(master);
    if (this.#asking || (this.#asked === peer && !isDue(this.#troubles, clock.steady()))) return;
    this.#asking = true;
    this.#asked = peer;
    const scheme = tls === undefined ? 'http' : 'https';
    void probeMaster(`${scheme}://${peer}`, { asksLeader: true, tls }).then(verdict => {
      this.#asking = false;
      if (!this.#isTrying() || !agent.master?.endsWith(`@${peer}`)) return;
      if (verdict.kind === 'leader' && !this.#isLong) return; // it may have begun to lead just now
      this.failed(this.#words(verdict), this.#tries);
    });
  }

  /** The agent is registered. */
  over(): void {
    const { agent, clock, log } = this.#context;
    if (this.#troubles.lines > 0 && this.#firstTryMs !== undefined) {
      const seconds = Math.round((clock.steady() - this.#firstTryMs) / 1000);
      log.info('The master answers now', { master: agent.master, after: `${seconds} s` });
    }
    this.#troubles = noTroubles;
    this.#firstTryMs = undefined;
    this.#asked = undefined;
  }

  #words({ kind, words }: Verdict): string {
    const { pid } = this.#context.agent;
    return hints[kind]?.(words, pid.slice(pid.lastIndexOf('@') + 1)) ?? words;
  }
}

/** What only an agent can say. */
const hints: Partial<Record<PeerKind, (words: string, self: string) => string>> = {
  tls: words =>
    `${words.replace(/: give .*/, '')}: start this agent with LIBPROCESS_SSL_ENABLED=true, a key and a certificate`,
  plain: words =>
    `${words.replace(/: give .*/, '')}: start the master with LIBPROCESS_SSL_ENABLED=true as well, or this agent with LIBPROCESS_SSL_SUPPORT_DOWNGRADE=true`,
  leader: (words, self) =>
    `${words}, but it does not answer the registration: check that it can connect to this agent at ${self} (--ip, --advertise_ip, firewalls), and look into its log; a master with --authenticate_agents answers agents with a --credential only`,
};
