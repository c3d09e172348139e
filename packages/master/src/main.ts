/** Starts a master: finds its address, serves, contends for the lead. Nothing imports this but the package's index. */
import { randomUUID } from 'node:crypto';
import {
  type AccessControl,
  addSharedRoutes,
  type Credentials,
  type DaemonAddress,
  DaemonRouter,
  daemonAddress,
  daemonAdmission,
  Files,
  firewallGuard,
  flagsRoute,
  healthRoute,
  type MayRead,
  openAccess,
  openToAll,
  readCredential,
  readCredentials,
  readProxyKey,
  whole,
} from '@meseta/daemon';
import type { ParsedFlags } from '@meseta/flags';
import { createAuthorization } from '@meseta/modules';
import {
  admitOwner,
  assertDescriptorLimit,
  formatAddress,
  formatPid,
  HttpServer,
  Libprocess,
  SocketOwners,
  type Tls,
} from '@meseta/process';
import type { DomainInfo, MasterInfo } from '@meseta/protocol';
import type { Leadership } from '@meseta/storage';
import { mesosVersion, systemClock } from '@meseta/system';
import { addEventLoopMetrics, addSystemMetrics, type Logger, Metrics, startFields } from '@meseta/telemetry';
import { masterAuthentication } from './access/http-authentication.ts';
import { type PeerAuthentication, peerAuthentication, secretsOf } from './authentication/peer-authentication.ts';
import { redirectRoute } from './endpoints/redirect.ts';
import { builtInAuthenticator } from './flags/access.ts';
import type { MasterFlags, masterFlags } from './flags.ts';
import { History, masterSeries } from './history/index.ts';
import { electionOf } from './leadership/election.ts';
import { Mastership } from './leadership/mastership.ts';
import { redirectToLeader } from './leadership/standby.ts';
import { type MasterTerm, openTerm } from './leadership/term.ts';
import { loadMasterModules, type MasterModules } from './load-modules.ts';
import { registryStore } from './registrar/engine.ts';
import { openSessions, openWebUi, sessionRealms, sessionRoute, type WebUiPlace, withSessions } from './web-ui/index.ts';

/** The flags of a master, and the parts that tests and embedded clusters replace. */
export interface MasterOptions {
  /** Read by `masterFlags` and `masterRules`. */
  readonly flags: ParsedFlags<typeof masterFlags>;
  readonly log: Logger;
  /** Authentication and authorization in place of what the flags ask for. */
  readonly access?: Partial<AccessControl>;
  /** Makes the master a private one: processes of this user id and of root, on this machine, are served and no others. */
  readonly owner?: number;
  /** Default: connections are not encrypted. */
  readonly tls?: Tls | undefined;
  /** The election that it takes part in. Default: that of `--zk`; without it one of its own, so that it leads. */
  readonly leadership?: Leadership<MasterInfo>;
  /** Where Meseta's own web UI is, for the default of `--webui_dir`. Default: there is none. */
  readonly webUiDirectory?: string;
  /** Called in each term when the master leads 1,000 agents or 10,000 tasks: from then on, more memory makes it answer sooner. */
  readonly onLarge?: () => void;
}

/** A running master. */
export interface RunningMaster {
  /** The announced address, `ip:port`. */
  readonly address: string;
  /** `master@ip:port`. */
  readonly pid: string;
  /** Settles when the master must not go on: it has lost the lead, or its registry cannot be written. Stop it then. */
  readonly failed: Promise<Error>;
  /** Ends streams and connections, and closes the store. */
  stop(): Promise<void>;
}

type Cleanups = (() => Promise<void> | void)[];

/**
 * Starts a master, which then leads or is a standby. Several may run in one process.
 *
 * @throws {CredentialsError} when the file of `--credentials` or `--agent_proxy_credential` cannot be used.
 * @throws {SecretKeyError} when the file of `--agent_proxy_key` cannot be used.
 * @throws {ModuleError} when modules cannot be used.
 * @throws {CredentialsError} {AuthenticationSetupError} when no peer could authenticate as the flags ask for.
 * @throws {DescriptorLimitError} when this process may open too few files.
 * @throws {AddressError} when this machine's address cannot be found out.
 * @throws {DirectoryError} when the work directory cannot be created, or belongs to another user.
 * @throws {NotRegularFileError} when something else is in the place of the store's files.
 * @throws {StorageError} when it leads and the store cannot be opened: another master has it, or it is damaged.
 * @throws {RegistrarError} when it leads and the registry cannot be recovered.
 * @throws {WebUiError} when `--webui_dir` names a directory without a web UI.
 * @throws {Error} of `net` when the port cannot be listened on.
 */
export async function startMaster({ flags: parsed, log, ...options }: MasterOptions): Promise<RunningMaster> {
  log.info('Starting a master', startFields(parsed.view()));
  for (const warning of parsed.warnings) log.warning(warning);
  assertDescriptorLimit();
  const address = await daemonAddress(parsed.flags);
  const cleanups: Cleanups = [];
  const stop = async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  };
  try {
    return { ...(await serve(parsed, log, address, options, cleanups)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function serve(
  parsed: ParsedFlags<typeof masterFlags>,
  log: Logger,
  address: DaemonAddress,
  { owner, tls, ...options }: Omit<MasterOptions, 'flags' | 'log'>,
  cleanups: Cleanups,
): Promise<Omit<RunningMaster, 'stop'>> {
  const { flags } = parsed;
  const startedAt = systemClock.now();
  const place = webUiOf(flags, options.webUiDirectory);
  const webUi = await openWebUi(place);
  const { engine, close: closeStore } = await registryStore(flags, log);
  cleanups.push(closeStore);
  const metrics = new Metrics();
  const report = (level: 'warn' | 'error', message: string, error?: unknown) =>
    level === 'warn' ? log.warning(message, { error }) : log.error(message, { error });
  const modules = await loadMasterModules(flags, log, metrics);
  cleanups.push(modules.close);
  const leadership = options.leadership ?? (await electionOf(flags, modules.registry, log));
  const secrets = credentialsOf(flags, log);
  const proxied = proxiedOf(flags, log);
  const parts = { log, metrics, clock: systemClock };
  const { schemes, ...authentication } = await masterAuthentication(flags, {
    ...parts,
    modules: modules.registry,
    secrets,
  });
  const { acls, authorizers: authorizer } = flags;
  const authorization = await createAuthorization({ acls, authorizer, flag: 'authorizers' }, modules.registry, log);
  const peers = await peerAuthenticationOf(flags, secrets, modules);
  const withoutCookies: AccessControl = {
    ...openAccess,
    ...peers.access,
    ...authentication,
    ...authorization,
    ...options.access,
  };
  const realms = sessionRealms(flags);
  const [realm] = realms;
  const sessions = realm === undefined ? undefined : await openSessions(flags, { secrets, clock: systemClock, log });
  const access =
    sessions === undefined
      ? withoutCookies
      : withSessions(withoutCookies, sessions, { realms, isQuiet: place?.isOwn ?? true });
  const signIn = sessionRoute(
    realm && sessions && { access: withoutCookies, sessions, realm, schemes, speaksTls: tls !== undefined, log },
  );
  const allocator = isBuiltIn(flags.allocator) ? undefined : await modules.registry.allocator(flags.allocator);
  const owners = new SocketOwners();
  if (owner !== undefined) await owners.check();
  const firewall = firewallGuard(flags.firewall_rules, 'master');
  const routing = { access, delegate: 'master', guards: [firewall] };
  const redirect = redirectToLeader(() => mastership, systemClock);
  const standby = new DaemonRouter({ ...routing, otherwise: request => firewall(request) ?? redirect(request) });
  const server = new HttpServer({
    handler: request => (mastership.term ?? standby).handle(request),
    ...{ report, tls },
    calls: ['/api/v1/scheduler', '/master/api/v1/scheduler'],
    upgrades: ['websocket'],
    admission: await daemonAdmission(flags, address.hostname),
    ...(owner !== undefined && {
      admit: admitOwner(owners, { uid: owner, name: 'master of a private cluster' }, report),
    }),
  });
  const failed = Promise.withResolvers<Error>();
  let hasFailed = false;
  const fail = (error: Error) => {
    if (!hasFailed) log.fatal('The master cannot go on', { error });
    hasFailed = true;
    failed.resolve(error);
  };
  const files = new Files();
  const history = new History(masterSeries);
  const addCommonRoutes = (router: DaemonRouter) => {
    router.add('master', [healthRoute, flagsRoute(() => ({ ...parsed.view() }), 'mesos-master-readonly')]);
    addSharedRoutes(router, {
      files,
      metrics,
      verbosity: log.verbosity,
      readonlyRealm: 'mesos-master-readonly',
      readwriteRealm: 'mesos-master-readwrite',
    });
  };
  const mastership: Mastership<MasterTerm> = new Mastership({
    leadership,
    log,
    newInfo: () => masterInfo(flags, address.hostname, libprocess),
    openTerm: info =>
      openTerm(info, {
        ...{ flags: parsed, engine, server, libprocess, log, metrics, files, access, hooks: modules.hooks, startedAt },
        authentication: peers,
        ...{ allocator, history, proxied },
        webUi: { ...webUi, routes: [signIn, ...webUi.routes] },
        newRouter: () => new DaemonRouter(routing),
        addCommonRoutes,
        onLarge: options.onLarge ?? (() => undefined),
        abort: fail,
      }),
    onFailure: fail,
  });
  standby.add('master', [redirectRoute(() => mastership)]);
  addCommonRoutes(standby);

  const listening = await server.listen(address.bindIp, address.bindPort);
  const open = owner === undefined && openToAll('master', listening, asked(flags));
  if (open) log.warning(open);
  cleanups.push(() => server.close());
  const advertise = { ip: address.ip, ...(address.port !== undefined && { port: address.port }) };
  const libprocess = new Libprocess(server, { advertise, report });
  cleanups.push(() => libprocess.close());
  const logFile = flags.external_log_file ?? log.logFile;
  if (logFile !== undefined) await files.attach(logFile, '/master/log', mayReadLog(access));
  addMetrics(metrics, mastership, server, cleanups);
  cleanups.push(() => mastership.stop());
  await mastership.start();
  const own = libprocess.pid('master');
  return { address: formatAddress(own), pid: formatPid(own), failed: failed.promise };
}

/** Directories where Apache Mesos installs its UI: its default, and that of its packages. They stand for Meseta's own. */
const installed = ['/usr/local/share/mesos/webui', '/usr/share/mesos/webui'];

function webUiOf({ webui_dir: asked }: MasterFlags, own: string | undefined): WebUiPlace | undefined {
  if (!installed.includes(asked)) return { directory: asked, isOwn: false };
  return own === undefined ? undefined : { directory: own, isOwn: true };
}

/** Those that masters have whether they lead or not. */
function addMetrics(
  metrics: Metrics,
  mastership: Mastership<MasterTerm>,
  server: HttpServer,
  cleanups: Cleanups,
): void {
  cleanups.push(addEventLoopMetrics(metrics));
  addSystemMetrics(metrics);
  metrics.gauge('process/refused_connections', () => server.refusedConnections);
  const { tls } = server;
  if (tls) metrics.gauge('process/certificate_valid_secs', () => tls.validSecs);
  metrics.gauge('master/elected', () => (mastership.term === undefined ? 0 : 1));
  const startedMs = systemClock.steady();
  metrics.gauge('master/uptime_secs', () => (systemClock.steady() - startedMs) / 1000);
}

/** The flags that require authentication. */
function asked({
  authenticate_agents,
  authenticate_frameworks,
  authenticate_http_frameworks,
  authenticate_http_readonly,
  authenticate_http_readwrite,
}: MasterFlags): Readonly<Record<string, boolean>> {
  return {
    ...{ authenticate_agents, authenticate_frameworks, authenticate_http_frameworks },
    ...{ authenticate_http_readonly, authenticate_http_readwrite },
  };
}

/** Reads the file of `--credentials`, which serves all kinds of authentication; undefined: there is none. */
function credentialsOf({ credentials: path }: MasterFlags, log: Logger): Credentials | undefined {
  const warn = (message: string) => log.warning(message);
  return path === undefined ? undefined : readCredentials(path, { flag: '--credentials', warn });
}

/** Reads the files by which agents learn who asks through the master. */
function proxiedOf({ agent_proxy_key: key, agent_proxy_credential: credential }: MasterFlags, log: Logger) {
  const warn = (message: string) => log.warning(message);
  return {
    key: key === undefined ? undefined : readProxyKey(key),
    credential:
      credential === undefined ? undefined : readCredential(credential, { flag: '--agent_proxy_credential', warn }),
  };
}

/** Takes the secrets of agents and v0 frameworks from where `--authenticators` says. */
async function peerAuthenticationOf(
  { authenticators }: MasterFlags,
  credentials: Credentials | undefined,
  { registry }: MasterModules,
): Promise<PeerAuthentication> {
  if (authenticators === builtInAuthenticator) return peerAuthentication(secretsOf(credentials));
  return peerAuthentication(await registry.authenticator(authenticators));
}

/** Tells whether `--allocator` names the allocator of Mesos, and no module. */
function isBuiltIn(allocator: string): boolean {
  return allocator === 'hierarchical' || allocator === 'HierarchicalDRF';
}

/** Who may read the log file. */
function mayReadLog(access: AccessControl): MayRead {
  return principal => access.authorize(principal, 'ACCESS_MESOS_LOG', whole);
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
