/** Starts a master: finds its address, opens its store, recovers, serves. Nothing imports this but the package's index. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import {
  addEventLoopMetrics,
  addSharedRoutes,
  addSystemMetrics,
  type DaemonAddress,
  daemonAddress,
  daemonAdmission,
  Files,
  firewallGuard,
  flagsRoute,
  healthRoute,
  type Logger,
  Metrics,
  mesosVersion,
  openToAll,
  type ParsedFlags,
  startFields,
  systemClock,
  takeDirectory,
} from '@meseta/daemon';
import {
  admitOwner,
  assertDescriptorLimit,
  formatPid,
  HttpServer,
  Libprocess,
  Router,
  SocketOwners,
  text,
} from '@meseta/process';
import { assertRegularFile } from '@meseta/process/regular-file';
import type { DomainInfo, MasterInfo } from '@meseta/protocol';
import { openMemoryStorage, openSqliteStorage, type Storage } from '@meseta/storage';
import { MasterAllocation } from './allocation.ts';
import type { MasterContext } from './context.ts';
import type { MasterFlags, masterFlags } from './flags.ts';
import { loadMasterHooks } from './load-hooks.ts';
import { assembleMaster } from './master.ts';
import { LibprocessMessages } from './messages.ts';
import { MasterOffers } from './offers/offers.ts';
import { openRooms, type Rooms } from './rooms.ts';

export interface MasterOptions {
  /** Read by `masterFlags` and `masterRules`. */
  readonly flags: ParsedFlags<typeof masterFlags>;
  readonly log: Logger;
  /** Makes the master a private one: processes of this user id and of root, on this machine, are served and no others. */
  readonly owner?: number;
}

export interface RunningMaster {
  /** `ip:port` as others are told. */
  readonly address: string;
  /** `master@ip:port`. */
  readonly pid: string;
  /** Settles when the master found that it must not go on: its registry cannot be written. Stop it then. */
  readonly failed: Promise<Error>;
  /** Ends streams and connections, and closes the store. */
  stop(): Promise<void>;
}

/**
 * Starts a master that leads by itself. Several may run in one process.
 *
 * @throws {ModuleError} when modules cannot be used.
 * @throws {DescriptorLimitError} when this process may open too few files.
 * @throws {AddressError} when this machine's address cannot be found out.
 * @throws {DirectoryError} when the work directory cannot be made, or is somebody else's.
 * @throws {NotRegularFileError} when something else is in the place of the store's files.
 * @throws {StorageError} when the store cannot be opened: another master has it, or it is damaged.
 * @throws {RegistrarError} when the registry cannot be recovered.
 * @throws {Error} of `net` when the port cannot be listened on.
 */
export async function startMaster({ flags: parsed, log, owner }: MasterOptions): Promise<RunningMaster> {
  const { flags } = parsed;
  log.info('Starting a master', startFields(parsed.view()));
  for (const warning of parsed.warnings) log.warning(warning);
  assertDescriptorLimit();
  const address = await daemonAddress(flags);
  const storage = await openStorage(flags);
  const cleanups: (() => Promise<void> | void)[] = [() => storage.close()];
  const stop = async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  };
  try {
    return { ...(await serve(parsed, log, address, storage, cleanups, owner)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function serve(
  parsed: ParsedFlags<typeof masterFlags>,
  log: Logger,
  address: DaemonAddress,
  storage: Storage,
  cleanups: (() => Promise<void> | void)[],
  owner: number | undefined,
): Promise<Omit<RunningMaster, 'stop'>> {
  const metrics = new Metrics();
  const router = new Router({ delegate: 'master', guard: firewallGuard(parsed.flags.firewall_rules, 'master') });
  let recovered = false;
  const report = (level: 'warn' | 'error', message: string, error?: unknown) =>
    level === 'warn' ? log.warning(message, { error }) : log.error(message, { error });
  const owners = new SocketOwners();
  if (owner !== undefined) await owners.check();
  const server = new HttpServer({
    handler: request => (recovered ? router.handle(request) : text(503, 'Master has not finished recovery')),
    report,
    calls: ['/api/v1/scheduler', '/master/api/v1/scheduler'],
    admission: await daemonAdmission(parsed.flags, address.hostname),
    ...(owner !== undefined && {
      admit: admitOwner(owners, { uid: owner, name: 'master of a private cluster' }, report),
    }),
  });
  const listening = await server.listen(address.bindIp, address.bindPort);
  if (owner === undefined) log.warning(openToAll('master', listening));
  cleanups.push(() => server.close());
  const advertise = { ip: address.ip, ...(address.port !== undefined && { port: address.port }) };
  const libprocess = new Libprocess(server, { advertise, report });
  cleanups.push(() => libprocess.close());
  const info = masterInfo(parsed.flags, address.hostname, libprocess);
  const failed = Promise.withResolvers<Error>();
  const files = new Files();
  const logFile = parsed.flags.external_log_file ?? log.logFile;
  if (logFile !== undefined) await files.attach(logFile, '/master/log');
  const modules = await loadMasterHooks(parsed.flags, log, metrics);
  cleanups.push(modules.close);
  const master = assembleMaster({
    info,
    flags: parsed,
    storage,
    messages: new LibprocessMessages(libprocess, log, metrics),
    clock: systemClock,
    log,
    metrics,
    files,
    hooks: modules.hooks,
    allocation: context => new MasterAllocation(context),
    offers: context => new MasterOffers(context),
    abort: failed.resolve,
  });
  cleanups.push(() => master.stop());
  const rooms = openRooms(master.context);
  cleanups.push(() => rooms.close());
  // What it waits for never settles when the registry cannot be written.
  await Promise.race([master.recover(), failed.promise.then(error => Promise.reject(error))]);
  rooms.begin();
  addRoutes(router, master.context, rooms);
  cleanups.push(addEventLoopMetrics(metrics));
  addSystemMetrics(metrics);
  metrics.gauge('process/refused_connections', () => server.refusedConnections);
  recovered = true;
  log.info('Master leads', { pid: info.pid, id: info.id, hostname: info.hostname });
  return { address: `${libprocess.pid('master').ip}:${info.port}`, pid: info.pid ?? '', failed: failed.promise };
}

function addRoutes(router: Router, context: MasterContext, rooms: Rooms): void {
  router.add('master', [healthRoute, flagsRoute(() => ({ ...context.flagsView() }), 'mesos-master-readonly')]);
  for (const [actor, routes] of Object.entries(rooms.routes())) router.add(actor, routes);
  addSharedRoutes(router, {
    files: context.files,
    metrics: context.metrics,
    verbosity: context.log.verbosity,
    readonlyRealm: 'mesos-master-readonly',
    readwriteRealm: 'mesos-master-readwrite',
  });
}

function openStorage({ registry, work_dir }: MasterFlags): Promise<Storage> | Storage {
  if (registry === 'in_memory' || work_dir === undefined) return openMemoryStorage();
  const file = join(takeDirectory({ flag: '--work_dir', path: work_dir }), 'registry.db');
  for (const each of ['', '-wal', '-shm', '-journal']) assertRegularFile(`${file}${each}`);
  return openSqliteStorage(file);
}

function masterInfo({ domain }: MasterFlags, hostname: string, libprocess: Libprocess): MasterInfo {
  const pid = libprocess.pid('master');
  return {
    id: randomUUID(),
    ip: rawAddress(pid.ip),
    port: pid.port,
    pid: formatPid(pid),
    hostname,
    version: mesosVersion,
    address: { hostname, ip: pid.ip, port: pid.port },
    ...(domain !== undefined && { domain: domain as DomainInfo }),
    capabilities: [{ type: 'AGENT_UPDATE' }, { type: 'AGENT_DRAINING' }, { type: 'QUOTA_V2' }],
  };
}

/** An IPv4 address as its bytes lie in memory on a little-endian machine, which is what Mesos sends; 0 for others. */
function rawAddress(ip: string): number {
  const bytes = ip.split('.').map(Number);
  return bytes.length === 4 ? Buffer.from(bytes).readUInt32LE() : 0;
}
