/** Filters out the lines of a file that are older than a time, when the lines have times. */
import { isDay } from '../times.ts';

/** The number of characters of a line that are searched for its time. */
const reach = 256;
const lineFeed = 10;

const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Parses a time in the form of the command line: `90s`, `10m`, `2h`, `1d` ago, or a date with a time as in ISO 8601.
 *
 * @returns milliseconds since 1970; undefined when it has neither form.
 */
export function parseSince(text: string, nowMs: number): number | undefined {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text) ?? [];
  if (amount !== undefined) return nowMs - Number(amount) * (units[unit] ?? 0);
  const [date] = /^\d{4}-\d\d-\d\d/.exec(text) ?? [];
  const time = date !== undefined && isDay(date) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}

/** Returns the time in a line, in ISO 8601 or in glog's form; undefined when there is none. */
export function timeOfLine(line: string): number | undefined {
  const [, day, time, zone = ''] =
    /(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d(?:[.,]\d+)?) ?(Z|[+-]\d\d:?\d\d)?/.exec(line) ?? [];
  if (day !== undefined && time !== undefined) return parsed(`${day}T${time.replace(',', '.')}${zone}`);
  const [, month, date, clock] = /^[IWEF](\d\d)(\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)/.exec(line) ?? [];
  return month === undefined ? undefined : parsed(`${new Date().getFullYear()}-${month}-${date}T${clock}`);
}

function parsed(text: string): number | undefined {
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}

/**
 * Drops lines that were written before the command started and are older than the time. A line without a time is
 * treated like the one before it.
 */
export class SinceFilter {
  readonly #sinceMs: number;
  readonly #write: (data: Buffer) => Promise<void>;
  /** The number of bytes that were present when the command started, and are not examined yet. */
  #present: number;
  #carry = Buffer.alloc(0);
  #passes = false;
  #sawTime = false;
  #sawLine = false;

  /** @param present the number of bytes that were written before now. */
  constructor(sinceMs: number, present: number, write: (data: Buffer) => Promise<void>) {
    this.#sinceMs = sinceMs;
    this.#present = present;
    this.#write = write;
  }

  /** True when there was output, and none of its lines had a time. */
  get foundNoTimes(): boolean {
    return this.#sawLine && !this.#sawTime;
  }

  async write(data: Buffer): Promise<void> {
    if (this.#passes) return this.#write(data);
    const text = this.#carry.length > 0 ? Buffer.concat([this.#carry, data]) : data;
    let start = 0;
    for (let end = text.indexOf(lineFeed); end >= 0; start = end + 1, end = text.indexOf(lineFeed, start)) {
      if (this.#begins(text.subarray(start, Math.min(end, start + reach)))) return this.#pass(text.subarray(start));
      this.#present -= end + 1 - start;
    }
    this.#carry = Buffer.from(text.subarray(start));
    if (this.#present <= 0) await this.#pass(this.#carry);
  }

  /** Ends the output, and handles a last line without a line feed. */
  async end(): Promise<void> {
    if (!this.#passes && this.#carry.length > 0 && this.#begins(this.#carry.subarray(0, reach))) {
      await this.#pass(this.#carry);
    }
  }

  #begins(line: Buffer): boolean {
    if (this.#present <= 0) return true;
    const time = timeOfLine(line.toString('latin1'));
    this.#sawLine = true;
    this.#sawTime ||= time !== undefined;
    return time !== undefined && time >= this.#sinceMs;
  }

  async #pass(data: Buffer): Promise<void> {
    this.#passes = true;
    if (data.length > 0) await this.#write(data);
  }
}
