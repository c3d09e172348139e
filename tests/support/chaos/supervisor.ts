/** Starts processes again that ended by themselves, as systemd does, and notes what must not have happened. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Supervised } from './cluster.ts';
import type { Held } from './evidence.ts';
import { readText } from './journal.ts';

const restartDelayMs = 300;
/** From SIGTERM to the end, on a busy machine. */
const longestEndMs = 30_000;

export class Supervisor {
  readonly complaints: Held[] = [];
  /** How often processes were started again because they had ended by themselves. */
  restarts = 0;
  /** Their end and start are a matter of a fault. */
  readonly #taken = new Set<Supervised>();
  /** All is over: nothing is started again. */
  isClosed = false;

  /** Watches a process that runs. */
  watch(each: Supervised): void {
    void each.ended.then(how => this.#hasEnded(each, how));
  }

  close(): void {
    this.isClosed = true;
  }

  async end(victim: Supervised, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    this.#taken.add(victim);
    const limit = new AbortController();
    const late = sleep(longestEndMs, true, { signal: limit.signal }).catch(() => false);
    if (await Promise.race([victim.kill(signal).then(() => false), late])) {
      this.complaints.push({ where: victim.name, what: `does not end within ${longestEndMs} ms of ${signal}` });
      await victim.kill('SIGKILL');
    }
    limit.abort();
  }

  async pause(victim: Supervised): Promise<void> {
    this.#taken.add(victim);
    await victim.kill('SIGSTOP');
  }

  async restore(victim: Supervised): Promise<void> {
    this.#taken.delete(victim);
    if (victim.running) await victim.kill('SIGCONT');
    else if (!this.isClosed) this.#start(victim);
  }

  #start(each: Supervised): void {
    each.spawn();
    this.watch(each);
  }

  async #hasEnded(each: Supervised, how: string): Promise<void> {
    if (this.isClosed || this.#taken.has(each)) return;
    // A master that has lost the lead, or does not know what is stored, ends with code 1 and says why.
    const mayEnd = each.kind === 'master' && how === 'code 1' && /The master cannot go on/.test(tail(each.logPath));
    if (!mayEnd) this.complaints.push({ where: each.name, what: `ended by itself: ${how}\n${tail(each.logPath)}` });
    this.restarts++;
    await sleep(restartDelayMs);
    if (!this.isClosed && !this.#taken.has(each) && !each.running) this.#start(each);
  }
}

const tail = (file: string) => readText(file).split('\n').slice(-12).join('\n');
