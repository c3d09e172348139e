import type { Report } from '../report.ts';

const periodMs = 60_000;
const mostKinds = 50;

/** Reports what clients can cause at will: each kind at most once a minute, with how often it happened meanwhile. */
export class RareReport {
  readonly #report: Report;
  readonly #kinds = new Map<string, { untilMs: number; unsaid: number }>();

  constructor(report: Report) {
    this.#report = report;
  }

  /** @param kind what is counted together; there are few. */
  warn(kind: string, message: string): void {
    const known = this.#kinds.get(kind);
    if (known === undefined && this.#kinds.size >= mostKinds) return;
    if (known !== undefined && performance.now() < known.untilMs) {
      known.unsaid++;
      return;
    }
    const more = known !== undefined && known.unsaid > 0 ? ` (${known.unsaid} more like it since the last line)` : '';
    this.#kinds.set(kind, { untilMs: performance.now() + periodMs, unsaid: 0 });
    this.#report('warn', `${message}${more}`);
  }
}
