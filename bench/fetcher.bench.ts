/** Files that a container's command names, fetched from a server on this machine, beside curl(1) with the same server. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Fetcher } from '@meseta/containers/testing';
import { checkId } from '@meseta/protocol';
import type { Benchmark, Effort } from './benchmark.ts';
import { Cleanups } from './processes/child.ts';
import type { FileServer } from './processes/file-server.ts';
import { spawned, timed } from './timing.ts';

const megabytes = ({ quick }: Effort) => (quick ? 50 : 500);
const files = ({ quick }: Effort) => (quick ? 50 : 500);

interface Scene {
  readonly cleanups: Cleanups;
  readonly fetcher: Fetcher;
  readonly url: string;
}

let started: Promise<Scene> | undefined;
function scene(): Promise<Scene> {
  const start = async () => {
    const cleanups = new Cleanups();
    const server = cleanups.child<FileServer>('file-server.ts');
    const fetcher = new Fetcher({ stallTimeoutMs: 60_000 });
    cleanups.add(() => fetcher.close());
    return { cleanups, fetcher, url: `http://127.0.0.1:${await server.ask('port')}` };
  };
  started ??= start();
  return started;
}

/** Returns the time that curl takes, in one process. */
async function byCurl(paths: readonly string[]): Promise<number> {
  const { cleanups, url } = await scene();
  const directory = cleanups.directory();
  const urls = paths.map(path => `${url}/${path}`);
  return timed(() => spawned('curl', ['--silent', '--fail', '--output-dir', directory, '--remote-name-all', ...urls]));
}

/** Returns the time that the fetcher takes, for one container. */
async function byFetcher(paths: readonly string[]): Promise<number> {
  const { cleanups, fetcher, url } = await scene();
  const sandbox = cleanups.directory();
  mkdirSync(sandbox, { recursive: true });
  writeFileSync(join(sandbox, 'stderr'), '');
  const uris = paths.map(path => ({ value: `${url}/${path}` }));
  return timed(() => fetcher.fetch(checkId('container'), { uris, sandbox }));
}

const large = (effort: Effort) => [`${megabytes(effort)}M`];
const rate = (effort: Effort, ms: number) => (megabytes(effort) * 1000) / ms;
const small = (effort: Effort) => Array.from({ length: files(effort) }, (_, index) => `4K-${index}`);
const perSecond = (effort: Effort, ms: number) => (files(effort) * 1000) / ms;

const throughput: Benchmark = {
  name: 'fetcher, a large file',
  unit: 'MB/s',
  better: 'more',
  budget: { ratio: 0.9 },
  note: '500 MB by http into a sandbox; baseline: curl of the same file',
  baseline: async effort => rate(effort, await byCurl(large(effort))),
  measure: async effort => rate(effort, await byFetcher(large(effort))),
};

const many: Benchmark = {
  name: 'fetcher, many small files',
  unit: '1/s',
  better: 'more',
  note: '500 files of 4 KiB for one container, each complete before it is in its place; baseline: one curl with all URLs',
  baseline: async effort => perSecond(effort, await byCurl(small(effort))),
  measure: async effort => perSecond(effort, await byFetcher(small(effort))),
  close: async () => (await started)?.cleanups.run(),
};

export default [throughput, many] satisfies Benchmark[];
