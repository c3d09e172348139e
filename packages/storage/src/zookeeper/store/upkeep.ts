/**
 * Keeps a store small: writes snapshots, and removes what no longer counts. It works beside the commits, one request at
 * a time, so that these hardly wait for it.
 */

import { numberName } from './layout.ts';
import type { Nodes } from './nodes.ts';
import type { LogNode, OpenedStore, SnapshotNode } from './open.ts';
import { encodeFrame, encodePages, encodeSnapshot, pieces } from './records.ts';

/** When a snapshot is made. */
export interface TermLimits {
  /** After so many records. */
  readonly records: number;
  /** After records of so many bytes, and of at least as many as the variables have. */
  readonly bytes: number;
}

/** A new leader reads so much more than the variables at most. */
export const defaultLimits: TermLimits = { records: 1000, bytes: 4 * 1024 * 1024 };

/** What upkeep works on. */
export interface UpkeepOptions {
  readonly nodes: Nodes;
  readonly opened: OpenedStore;
  readonly limits: TermLimits;
  readonly newChunkName: () => string;
  /** Called when it cannot go on: the term must end. */
  readonly fail: (error: unknown) => void;
}

/** See the top of this file. */
export class Upkeep {
  readonly #options: UpkeepOptions;
  #log: LogNode[];
  #bytes: number;
  #snapshot: SnapshotNode | undefined;
  #garbage: readonly string[];
  #running = false;

  constructor(options: UpkeepOptions) {
    const { log, snapshot, garbage } = options.opened;
    this.#options = options;
    this.#log = [...log];
    this.#bytes = log.reduce((sum, { bytes }) => sum + bytes, 0);
    this.#snapshot = snapshot;
    this.#garbage = garbage;
    this.#start();
  }

  /** Takes note of a stored record, whose changes are in the variables already. */
  added(node: LogNode): void {
    this.#log.push(node);
    this.#bytes += node.bytes;
    this.#start();
  }

  get #isDue(): boolean {
    const { limits, opened } = this.#options;
    if (this.#log.length >= limits.records) return true;
    return this.#bytes >= Math.max(limits.bytes, opened.variables.bytes);
  }

  #start(): void {
    if (this.#running || (this.#garbage.length === 0 && !this.#isDue)) return;
    this.#running = true;
    this.#run()
      .catch(this.#options.fail)
      .finally(() => {
        this.#running = false;
      });
  }

  async #run(): Promise<void> {
    const { nodes, opened } = this.#options;
    // First what earlier terms left, so that terms which end early do not leave more and more.
    while (this.#garbage.length > 0 || this.#isDue) {
      const garbage = this.#garbage;
      this.#garbage = [];
      await nodes.remove(opened.term, garbage);
      if (this.#isDue) await this.#makeSnapshot();
    }
  }

  async #makeSnapshot(): Promise<void> {
    const { nodes, newChunkName } = this.#options;
    const { term, variables } = this.#options.opened;
    const { revision } = variables;
    const replaced = this.#log;
    const before = this.#snapshot;
    this.#log = [];
    this.#bytes = 0;
    const written: string[][] = [];
    for (const page of encodePages(variables.all())) {
      written.push(await nodes.createChunks(term, pieces(page), newChunkName));
    }
    const path = `${nodes.layout.snapshots}/${numberName(revision)}`;
    const data = encodeFrame('snapshot', encodeSnapshot({ revision, pages: written }));
    await nodes.write(term, [{ type: 'create', path, data, options: nodes.acl }]);
    this.#snapshot = { path, chunks: written.flat() };
    const chunks = [...replaced.flatMap(each => each.chunks), ...(before?.chunks ?? [])];
    this.#garbage = [
      ...(before ? [before.path] : []),
      ...replaced.map(each => each.path),
      ...chunks.map(name => `${nodes.layout.chunks}/${name}`),
    ];
  }
}
