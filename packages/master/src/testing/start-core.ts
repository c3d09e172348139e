/** A master without frameworks' and operators' endpoints: its core over real sockets, for tests of the core. */
import { Files, openAccess } from '@meseta/daemon';
import { parseFlags } from '@meseta/flags';
import { failure, HttpServer, Libprocess } from '@meseta/process';
import { memoryEngine, type Storage } from '@meseta/storage';
import { type Clock, systemClock } from '@meseta/system';
import { Metrics } from '@meseta/telemetry';
import { silentLogger } from '@meseta/telemetry/testing';
import type { Allocation } from '../allocation.ts';
import type { Offers } from '../context.ts';
import { masterFlags } from '../flags.ts';
import { assembleMaster, type Master } from '../master.ts';
import { LibprocessMessages } from '../messages.ts';

/** A call of an allocation or of offers: `['recover', …]`. */
export type Call = readonly [name: string, ...args: unknown[]];

/** A master with HTTP but without an allocator. */
export interface Core extends Master {
  /** `127.0.0.1:port`. */
  readonly address: string;
  /** Calls of the allocation, in order. */
  readonly allocations: Call[];
  readonly aborted: Error[];
  close(): Promise<void>;
}

/** Starts one; what its allocation is asked for is only written down. */
export async function startCore(
  options: { storage?: Storage; clock?: Clock; argv?: string[]; id?: string; port?: number } = {},
): Promise<Core> {
  const log = silentLogger();
  const metrics = new Metrics();
  const server = new HttpServer({ handler: () => failure('ROUTE_NOT_FOUND'), report: () => undefined });
  const { port } = await server.listen('127.0.0.1', options.port ?? 0);
  const libprocess = new Libprocess(server, { report: () => undefined });
  const allocations: Call[] = [];
  const aborted: Error[] = [];
  const master = assembleMaster({
    info: { id: options.id ?? 'master-1', ip: 0, port },
    flags: parseFlags(masterFlags, ['--registry=in_memory', ...(options.argv ?? [])]),
    storage: options.storage ?? (await memoryEngine().openTerm()),
    messages: new LibprocessMessages(libprocess, openAccess, log, metrics),
    clock: options.clock ?? systemClock,
    log,
    metrics,
    files: new Files(),
    allocation: () => recorder<Allocation>(allocations),
    offers: context => ({
      ...recorder<Offers>([]),
      rescind: offer => context.cluster.removeOffer(offer),
      discard: offer => context.cluster.removeOffer(offer),
    }),
    abort: error => aborted.push(error),
  });
  await master.recover();
  return {
    ...master,
    address: `127.0.0.1:${port}`,
    allocations,
    aborted,
    close: async () => {
      master.stop();
      libprocess.close();
      await server.close(0);
    },
  };
}

function recorder<T extends object>(calls: Call[]): T {
  return new Proxy({} as T, {
    get: (_, name) => (typeof name === 'string' ? (...args: unknown[]) => void calls.push([name, ...args]) : undefined),
  });
}
