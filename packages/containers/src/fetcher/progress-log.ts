import type { Transfer } from './sink.ts';

/** The first time between two reports. It doubles up to the longest: a download can take hours. */
const defaultFirstMs = 10_000;
const longestMs = 60_000;

/** What is reported about a URI while it is fetched. */
export interface Underway {
  /** As it is shown to people. */
  readonly uri: string;
  readonly transfer: Transfer;
  /** Returns the download that it waits for; undefined when there is none. */
  shared?: () => Transfer | undefined;
  /** Returns the bytes so far, where `transfer` does not count them. */
  readonly size?: () => Promise<number | undefined>;
  step: 'fetch' | 'extract';
}

/** How far a URI has come. */
export interface Progress {
  readonly uri: string;
  readonly bytes: number;
  readonly total: number | undefined;
  readonly bytesPerSecond: number;
}

/** Writes for a long fetch, again and again, how far each of its URIs has come. */
export class ProgressLog {
  readonly #write: (text: string) => Promise<void>;
  readonly #underway = new Map<Underway, { bytes: number; atMs: number; readonly startMs: number }>();
  #timer: NodeJS.Timeout | undefined;
  #everyMs: number;

  /** @param firstMs the time until the first report. */
  constructor(write: (text: string) => Promise<void>, firstMs = defaultFirstMs) {
    this.#write = write;
    this.#everyMs = firstMs;
    this.#wait();
  }

  /** Reports a URI while some work on it is under way. */
  async during<T>(underway: Underway, work: () => Promise<T>): Promise<T> {
    const now = performance.now();
    this.#underway.set(underway, { bytes: 0, atMs: now, startMs: now });
    try {
      return await work();
    } finally {
      this.#underway.delete(underway);
    }
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #wait(): void {
    this.#timer = setTimeout(() => {
      this.#everyMs = Math.max(this.#everyMs, Math.min(this.#everyMs * 2, longestMs));
      void this.#report().then(() => this.#timer !== undefined && this.#wait());
    }, this.#everyMs);
  }

  async #report(): Promise<void> {
    for (const [underway, seen] of this.#underway) {
      const { uri, step } = underway;
      const transfer = underway.shared?.() ?? underway.transfer;
      const now = performance.now();
      if (step === 'extract') {
        await this.#write(`Extracting ${uri}: ${Math.round((now - seen.startMs) / 1000)} s since its fetch began\n`);
        continue;
      }
      const bytes = transfer.bytes || ((await underway.size?.()) ?? 0);
      const bytesPerSecond = Math.max(0, bytes - seen.bytes) / Math.max((now - seen.atMs) / 1000, 0.001);
      Object.assign(seen, { bytes, atMs: now });
      if (this.#underway.has(underway) && this.#timer !== undefined)
        await this.#write(progressLine({ uri, bytes, total: transfer.total, bytesPerSecond }));
    }
  }
}

/** Returns a line about how far a URI has come. */
export function progressLine({ uri, bytes, total, bytesPerSecond }: Progress): string {
  const rate = `${rough(bytesPerSecond)}/s`;
  if (total === undefined || total < bytes) return `Fetching ${uri}: ${rough(bytes)} so far, ${rate}\n`;
  const percent = total === 0 ? 100 : Math.floor((bytes / total) * 100);
  return `Fetching ${uri}: ${rough(bytes)} of ${rough(total)} (${percent}%), ${rate}\n`;
}

/** Returns a number of bytes with one digit after the point. */
function rough(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  const exponent = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log2(bytes) / 10));
  return `${(bytes / 1024 ** exponent).toFixed(exponent === 0 ? 0 : 1)}${units[exponent]}`;
}
