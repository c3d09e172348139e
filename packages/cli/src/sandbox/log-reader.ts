/**
 * Reads a log in order while it is written, truncated, replaced or rotated.
 *
 * A file is recognized under its next names by its id, where the agent tells it, and by the bytes that were read last; a
 * compressed or copied one by these bytes alone.
 */
import { HttpAnswerError } from '@meseta/process';
import { type Age, bytesOf, type LogPart, type RotatedFiles } from './rotated-files.ts';

/** The number of the last read bytes that are read again, to check that the file is still the same. */
const markBytes = 256;

/** Where reading begins. */
export interface LogPosition {
  readonly age: Age;
  readonly offset: number;
}

/** What a file is recognized by. */
interface Fingerprint {
  readonly id: string | undefined;
  readonly isCompressed: boolean;
  /** Its first bytes. */
  readonly head: Buffer;
}

/** The file that is being read. */
interface Current {
  /** Its age when it was last seen. */
  age: Age;
  /** It was opened. */
  isKnown: boolean;
  id: string | undefined;
  isCompressed: boolean;
  offset: number;
  /** The bytes before the offset, as they were read. */
  mark: Buffer;
  /** The file that came before it; undefined: there was none. */
  before?: Fingerprint | undefined;
}

/** See the top of this file. */
export class LogReader {
  readonly #files: RotatedFiles;
  readonly #begin: LogPosition;
  #current: Current | undefined;

  /** @param begin where to begin: in the file that has this age at the first read. */
  constructor(files: RotatedFiles, begin: LogPosition) {
    this.#files = files;
    this.#begin = begin;
  }

  /**
   * Writes the next bytes.
   *
   * @returns false when there are none.
   * @throws errors of the source: 404 while there is no file.
   */
  async read(write: (data: Buffer) => Promise<void>): Promise<boolean> {
    this.#current ??= { ...this.#begin, id: undefined, isCompressed: false, isKnown: false, mark: Buffer.alloc(0) };
    const current = this.#current;
    const { offset: start, isKnown } = current;
    if (isKnown && start === 0 && !(await this.#isAfter(current))) return this.#enterAfter(current.before);
    if (!(await this.#find(current, write))) {
      // An agent that has just started shows its files one after the other: what is missing is looked for again.
      await this.#mustExist();
      if (!isKnown) return true;
      if (!(await this.#find(current, write))) return this.#enterAfter(current.before);
    }
    return (current.age > 0 && (await this.#next(current))) || current.offset > start;
  }

  /** Finds the file under its present name, and writes the rest of it. @returns false when it is gone. */
  async #find(current: Current, write: (data: Buffer) => Promise<void>): Promise<boolean> {
    for (let { age } = current; ; age++) {
      const found = await this.#copy(current, age, write);
      if (found === 'same') {
        current.age = age;
        return true;
      }
      if (found === 'missing' && (age > 0 || !current.isKnown)) return false;
    }
  }

  /** @throws {HttpAnswerError} 404: there is no file that is written now. */
  async #mustExist(): Promise<void> {
    const { path } = this.#files;
    if ((await this.#files.sizeOf(0)) === undefined) throw new HttpAnswerError(404, `There is no file '${path}'`);
  }

  /** A file of which nothing was read is recognized by the one before it. */
  async #isAfter({ age, id, before }: Current): Promise<boolean> {
    const found = await this.#fingerprint(age + 1);
    if (found === undefined || before === undefined) return found === before || (id !== undefined && found?.id === id);
    return isSame(before, found);
  }

  /** Writes the rest of the file, if it has this age now. */
  async #copy(
    current: Current,
    age: Age,
    write: (data: Buffer) => Promise<void>,
  ): Promise<'same' | 'other' | 'missing'> {
    const { offset: before, mark } = current;
    const part = await this.#files.find(age, before - mark.length);
    if (!part) return 'missing';
    if (!current.isKnown) await this.#know(current, part);
    else if (part.size < before || !mayBe(current, part, age)) {
      await part.cancel();
      return 'other';
    }
    let check = mark;
    try {
      for await (const piece of part.body) {
        const known = piece.subarray(0, check.length);
        if (!known.equals(check.subarray(0, known.length))) return 'other';
        check = check.subarray(known.length);
        const data = piece.subarray(known.length);
        if (data.length === 0) continue;
        advance(current, data);
        await write(data);
      }
    } catch (error) {
      if (current.offset === before) throw error; // otherwise a part was read, and reading continues after it
    }
    return 'same';
  }

  /** Takes a file that is opened first as the one to read. */
  async #know(current: Current, { id, isCompressed, size }: LogPart): Promise<void> {
    current.offset = Math.min(current.offset, size);
    Object.assign(current, { id, isCompressed, isKnown: true });
    const next = await this.#fingerprint(current.age + 1);
    // It may have become that one itself meanwhile.
    current.before = id !== undefined && next?.id === id ? await this.#fingerprint(current.age + 2) : next;
  }

  /** Goes on to the file that was written after this one, which is complete. @throws {HttpAnswerError} 404 when there is none yet. */
  async #next(current: Current): Promise<boolean> {
    const { age, id, offset, mark } = current;
    const own = await this.#fingerprint(age);
    if (!own) return true;
    if (id === undefined || own.id !== id) {
      const part = await this.#files.find(age, offset - mark.length);
      if (!part || part.size !== offset || !(await bytesOf(part)).equals(mark)) return true; // it got its next name meanwhile
    }
    return this.#enterAfter(own);
  }

  /**
   * Begins to read the file that came after another one; when that is gone, the oldest there is.
   *
   * @returns true: there may be more.
   * @throws {HttpAnswerError} 404 when there is none yet.
   */
  async #enterAfter(before: Fingerprint | undefined): Promise<boolean> {
    const { age, isThere } = await this.#ageAfter(before);
    const part = await this.#files.find(age, 0, 1);
    if (!part) throw new HttpAnswerError(404, `There is no file '${this.#files.path}'`);
    await part.cancel();
    // When files got their next names meanwhile, it is another one.
    const next = await this.#fingerprint(age + 1);
    if (isThere ? !next || !before || !isSame(before, next) : next !== undefined) return true;
    const { id, isCompressed } = part;
    this.#current = { age, id, isCompressed, isKnown: true, offset: 0, mark: Buffer.alloc(0), before: next };
    return true;
  }

  async #ageAfter(before: Fingerprint | undefined): Promise<{ readonly age: Age; readonly isThere: boolean }> {
    for (let age = 1; ; age++) {
      const found = await this.#fingerprint(age);
      if (!found) return { age: age - 1, isThere: false };
      if (before && isSame(before, found)) return { age: age - 1, isThere: true };
    }
  }

  async #fingerprint(age: Age): Promise<Fingerprint | undefined> {
    const part = await this.#files.find(age, 0, markBytes);
    if (!part) return undefined;
    return { id: part.id, isCompressed: part.isCompressed, head: await bytesOf(part) };
  }
}

function advance(current: Current, data: Buffer): void {
  current.offset += data.length;
  const bytes = data.length < markBytes ? Buffer.concat([current.mark, data]) : data;
  current.mark = Buffer.from(bytes.subarray(-markBytes));
}

/** Tells whether a file may be the one that is read, if it has its last bytes. */
function mayBe({ id, isCompressed, age: last, mark }: Current, part: LogPart, age: Age): boolean {
  if (id !== undefined && part.id === id) return true;
  if (id === undefined && age === last) return true;
  // It was copied, or compressed.
  return mark.length > 0 && (age > last || part.isCompressed !== isCompressed);
}

function isSame(one: Fingerprint, other: Fingerprint): boolean {
  if (one.id !== undefined && one.id === other.id) return true;
  const mayDiffer = one.id === undefined || one.isCompressed !== other.isCompressed;
  return mayDiffer && one.head.equals(other.head);
}
