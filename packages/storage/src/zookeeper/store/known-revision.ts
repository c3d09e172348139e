/** Remembers how far a store was written, in a file that ZooKeeper cannot lose. */
import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { StorageError } from '../../errors.ts';

/** A revision of a store. */
export interface KnownRevision {
  /** Distinguishes a store from another one that was made later at its path. */
  readonly store: string;
  readonly revision: number;
}

/** The last revision that this machine has seen stored. Each process has a file of its own. */
export class RevisionFile {
  readonly path: string;
  readonly #onTrouble: (error: unknown) => void;
  #isInTrouble = false;
  #known: KnownRevision | undefined;
  #isWriting = false;
  #written: KnownRevision | undefined;

  /**
   * Reads the file. One that is missing or damaged counts as empty: it is only an additional check.
   *
   * @param onTrouble called with the error when the file cannot be written, once however often that is tried, and with
   *   undefined when it is written again.
   */
  constructor(path: string, onTrouble: (error: unknown) => void = () => undefined) {
    this.path = path;
    this.#onTrouble = onTrouble;
    this.#known = read(path);
    this.#written = this.#known;
  }

  /**
   * Notes that the store has this revision. Writes the file soon, but not for each call. When that failed, any later call
   * tries it again, also one with a known revision.
   */
  saw(seen: KnownRevision): void {
    const known = this.#known;
    if (known?.store !== seen.store || known.revision < seen.revision) this.#known = seen;
    if (!this.#isWriting && this.#written !== this.#known) void this.#write();
  }

  /** @throws {StorageError} `STORAGE_CORRUPT` when the store has lost what was seen in it. */
  assertReaches({ store, revision }: KnownRevision): void {
    const known = this.#known;
    if (known?.store !== store || known.revision <= revision) return;
    throw new StorageError(
      'STORAGE_CORRUPT',
      `ZooKeeper has lost data: its registry ends with revision ${revision}, and this machine has seen revision ` +
        `${known.revision} (${this.path}); copy the registry to a file with 'meseta registry copy', or take a newer copy, ` +
        'remove its nodes, and copy it back',
    );
  }

  async #write(): Promise<void> {
    this.#isWriting = true;
    try {
      while (this.#written !== this.#known) {
        const known = this.#known;
        const next = `${this.path}.new`;
        await writeFile(next, `${JSON.stringify(known)}\n`, { mode: 0o600 });
        await rename(next, this.path);
        this.#written = known;
        if (this.#isInTrouble) this.#onTrouble(undefined);
        this.#isInTrouble = false;
      }
    } catch (error) {
      if (!this.#isInTrouble) this.#onTrouble(error);
      this.#isInTrouble = true;
    } finally {
      this.#isWriting = false;
    }
  }
}

function read(path: string): KnownRevision | undefined {
  try {
    const { store, revision } = JSON.parse(readFileSync(path, 'utf8')) as Partial<KnownRevision>;
    return typeof store === 'string' && Number.isSafeInteger(revision)
      ? { store, revision: Number(revision) }
      : undefined;
  } catch {
    return undefined;
  }
}
