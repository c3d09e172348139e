/** Those who look at the masters, and change their registry, while faults happen. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Daemon } from '../daemon.ts';
import type { Change, Observation } from './evidence.ts';

const observePeriodMs = 150;
const changePeriodMs = 600;
/** A leader that was not seen for so long is none. */
const lateMs = 1500;
/** A stopped master answers later than this counts for nothing. */
const answerTimeoutMs = 10_000;

export class Witnesses {
  readonly observations: Observation[] = [];
  readonly changes: Change[] = [];
  /** The master that was seen leading last. */
  leader: Daemon | undefined;
  /** Its candidacy, since when, and when that was seen last. */
  #led: { readonly id: string; readonly sinceMs: number; readonly seenMs: number } | undefined;
  #changes = 0;
  #isStopped = false;
  readonly #loops: Promise<void>[];

  constructor(masters: readonly Daemon[]) {
    this.#loops = masters.flatMap(master => [this.#observe(master), this.#change(master)]);
  }

  /** How long the present leader has led, milliseconds; 0 when none was seen lately. */
  get leadsForMs(): number {
    if (!this.#led || performance.now() > this.#led.seenMs + lateMs) return 0;
    return this.#led.seenMs - this.#led.sinceMs;
  }

  /** Resolves when nothing is under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#loops);
  }

  async #observe(master: Daemon): Promise<void> {
    while (!this.#isStopped) {
      const askedAt = performance.now();
      const id = await leaderId(master);
      if (id !== undefined) {
        this.observations.push({ master: `${master.name} ${id}`, askedAt, answeredAt: performance.now() });
        this.leader = master;
        const now = performance.now();
        this.#led = { id, sinceMs: this.#led?.id === id ? this.#led.sinceMs : now, seenMs: now };
      }
      await sleep(observePeriodMs);
    }
  }

  /** Asks a master for changes whether it leads or not: one that has lost the lead must not promise anything. */
  async #change(master: Daemon): Promise<void> {
    while (!this.#isStopped) {
      const weight = ++this.#changes;
      const role = `chaos-${weight}`;
      const body = JSON.stringify([{ role, weight }]);
      const answer = await ask(master, '/weights', { method: 'PUT', body });
      this.changes.push({ role, weight, isAcknowledged: answer?.status === 200 });
      await sleep(changePeriodMs);
    }
  }
}

/** Returns the id of the candidacy with which a master leads; undefined when it does not, or does not answer. */
async function leaderId(master: Daemon): Promise<string | undefined> {
  const headers = { 'Content-Type': 'application/json', Accept: 'application/json' };
  const answer = await ask(master, '/api/v1', { method: 'POST', headers, body: '{"type":"GET_MASTER"}' });
  if (answer?.status !== 200) return undefined;
  return (JSON.parse(answer.text) as { get_master: { master_info: { id: string } } }).get_master.master_info.id;
}

/** Asks one master, not those that it names. Undefined when it does not answer. */
export async function ask(
  { origin }: Daemon,
  url: string,
  init: RequestInit = {},
): Promise<{ readonly status: number; readonly text: string; readonly location: string | null } | undefined> {
  try {
    const signal = AbortSignal.timeout(answerTimeoutMs);
    const answer = await fetch(`${origin}${url}`, { ...init, redirect: 'manual', signal });
    return { status: answer.status, text: await answer.text(), location: answer.headers.get('location') };
  } catch {
    return undefined;
  }
}
