/** What an agent reads and creates before it opens anything: keys, modules, access, its containerizer. */
import { type Containerizer, createContainerizer, findGpus, type VolumeGids } from '@meseta/containers';
import { type AccessControl, openAccess, readProxyKey, readSecretKey, withExecutors } from '@meseta/daemon';
import { createAuthorization, type HookManager } from '@meseta/modules';
import { type Clock, systemClock } from '@meseta/system';
import { Metrics } from '@meseta/telemetry';
import { ExecutorTokens } from './access/executor-tokens.ts';
import { agentAuthentication } from './access/http-authentication.ts';
import { type OwnDirectories, takeDirectories } from './disk/own-directories.ts';
import { executorSocketPath } from './executor-socket.ts';
import { externalParts } from './executors/external-parts.ts';
import { openVolumeGids } from './isolation/open-volume-gids.ts';
import { readModules } from './isolation/read-modules.ts';
import { createOversubscription } from './oversubscription/create.ts';
import type { OversubscriptionModules } from './oversubscription/oversubscription.ts';
import type { CredentialSource } from './registration/authentication.ts';
import { credentialOf, credentialSource } from './registration/credential.ts';
import { checkMasters, locatorOf, type MasterLocator } from './registration/locator.ts';
import type { AgentOptions } from './running-agent.ts';

/** Everything that an agent is put together from. */
export interface PreparedAgent extends AgentOptions, OversubscriptionModules {
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly endsContainers: boolean;
  readonly containerizer: Containerizer;
  readonly access: AccessControl;
  readonly tokens: ExecutorTokens | undefined;
  readonly proxyKey: Buffer | undefined;
  readonly executorSocket: string | undefined;
  readonly volumeGids: VolumeGids | undefined;
  /** How many of the machine's GPUs are offered. */
  readonly gpus: number;
  readonly hooks: HookManager;
  readonly credential: CredentialSource | undefined;
  readonly locator: MasterLocator;
  /** Closes the containerizer and the modules, and leaves the directories to others. */
  readonly release: () => Promise<void>;
}

/**
 * Prepares an agent. Nothing is left behind when it throws.
 *
 * @throws {DirectoryError} {DirectoryInUseError} {ModuleError} {IsolationError} {ImageError} {MasterAddressError} {CredentialsError} {SecretKeyError} {AuthenticationSetupError} {ExecutorSocketError} {VolumeGidRangeError}
 */
export async function prepareAgent(options: AgentOptions): Promise<PreparedAgent> {
  const { flags, log, metrics = new Metrics(), clock = systemClock, endsContainers = false } = options;
  if (flags.master !== undefined) checkMasters(flags.master.value);
  const warn = (message: string) => log.warning(message);
  const { jwt_secret_key: keyFile, agent_proxy_key: proxyKeyFile } = flags;
  const ownCredential = credentialOf(flags, warn);
  const key =
    keyFile === undefined
      ? undefined
      : readSecretKey(keyFile, { flag: '--jwt_secret_key', name: 'executor secret', warn });
  const proxyKey = proxyKeyFile === undefined ? undefined : readProxyKey(proxyKeyFile);
  const modules = await readModules(flags, { log, metrics, clock });
  let { containerizer } = options;
  let directories: OwnDirectories | undefined;
  const release = async () => {
    await containerizer?.close();
    await modules.close();
    directories?.release();
  };
  try {
    directories = takeDirectories(flags);
    const located = { ...flags, ...directories.located };
    const executorSocket = executorSocketPath(flags, located.runtime_dir, options.tls);
    const hooks = await modules.hooks(flags.hooks ?? []);
    const { acls, authorizer } = flags;
    const authorization = await createAuthorization({ acls, authorizer, flag: 'authorizer' }, modules, log);
    const authentication = await agentAuthentication(flags, key, { modules, log, metrics, clock });
    const access = withExecutors({ ...openAccess, ...authentication, ...authorization, ...options.access });
    const tokens = key && new ExecutorTokens(key);
    const oversubscriptionModules = await createOversubscription(flags, modules);
    const fetchPlugins = await modules.fetchers(flags.fetcher_modules ?? []);
    const external = externalParts(flags);
    const registration = {
      credential: await credentialSource(flags, ownCredential, modules),
      locator: await locatorOf(flags, modules, log),
    };
    const gpus = await findGpus(flags);
    if (gpus)
      log.info('Offering GPUs', { driver: gpus.driver.version, gpus: gpus.offered.map(each => each.path).join() });
    const { secret_resolver: resolver } = flags;
    const secretResolver = resolver === undefined ? undefined : await modules.secretResolver(resolver);
    const volumeGids = openVolumeGids(flags, located.work_dir, { log, metrics });
    const found = { modules, fetchPlugins, secretResolver, external, gpus, volumeGids };
    const parts = { ...found, flags: located, endsContainers, clock, log, metrics };
    containerizer ??= await createContainerizer(parts);
    return {
      ...{ ...options, flags: located, clock, endsContainers, metrics, containerizer, access, tokens, proxyKey },
      ...{ executorSocket, volumeGids, gpus: gpus?.offered.length ?? 0, hooks, release },
      ...oversubscriptionModules,
      ...registration,
    };
  } catch (error) {
    await release();
    throw error;
  }
}
