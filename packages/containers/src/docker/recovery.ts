/** Finds the containers of an earlier agent in its engine. */
import { InvalidIdError } from '@meseta/protocol';
import { type ContainerId, type ContainerKey, containerKey, parseContainerKey } from '../container-id.ts';
import type { KnownContainer, RecoveredContainer } from '../containerizer.ts';
import { isSameId, parseContainerName } from './container-name.ts';
import { type ContainerFields, DockerContainer } from './docker-container.ts';
import type { ContainerSummary } from './engine/answers.ts';
import { EngineError } from './engine/error.ts';
import { labelNames, readLabels } from './labels.ts';
import type { DockerParts } from './launcher.ts';
import type { StoredContainer } from './store.ts';
import { agentIdsOf, isOfOthers, ownByName } from './strays.ts';
import { endOf, wasStarted } from './termination.ts';

/** How long the start of the agent waits for an engine that is away. Its containers are found when it is back. */
const longestListMs = 10_000;
/** How many containers a line of the log names. */
const mostNamed = 10;

/** A container that was found. */
export interface FoundContainer {
  readonly container: DockerContainer;
  /** In the engine, of one that was made, but not started. */
  readonly createdId?: string;
}

/** What was found. */
export interface FoundContainers {
  readonly all: readonly FoundContainer[];
  /** As in `Recovery`. */
  readonly containers: ReadonlyMap<ContainerKey, RecoveredContainer>;
  readonly orphans: readonly ContainerId[];
  /** Ended ones that are only kept for some time. */
  readonly ended: readonly { readonly engineId: string; readonly endedMs: number }[];
  /** Ids, in the engine, of running ones with names of the older form and an id of this agent; they are to be removed. */
  readonly strays: readonly string[];
  /** Names of containers that an earlier agent may have asked for, which are not there yet. */
  readonly mayAppear: readonly string[];
}

/**
 * Finds the known containers by their labels, or by their names, and those of this agent's that are not known.
 *
 * @see Mesos src/slave/containerizer/docker.cpp, DockerContainerizerProcess::recover
 */
export async function findContainers(parts: DockerParts, known: readonly KnownContainer[]): Promise<FoundContainers> {
  const { store, flags, identity, log, nameCase } = parts;
  const stored = await store.read((path, error) => log.warning('Ignored a damaged record', { path, error }));
  const listed = await list(parts);
  const roots = new Map(known.filter(({ id }) => !id.parent).map(each => [containerKey(each.id), each]));
  const summaries = bySummary(listed ?? [], new Set([...roots.keys(), ...stored.keys()]), parts);
  const all: FoundContainer[] = [];
  const containers = new Map<ContainerKey, RecoveredContainer>();
  const orphans: ContainerId[] = [];
  const mayAppear: string[] = [];
  for (const key of new Set([...roots.keys(), ...stored.keys()])) {
    const [root, record, summary] = [roots.get(key), stored.get(key), summaries.get(key)];
    if (record === undefined && summary === undefined) continue; // another containerizer's, or never launched
    const isAway = listed === undefined && record?.termination === undefined;
    const found = await takeOver(parts, key, root, record, summary, isAway);
    if (found === undefined) {
      await store.remove(key);
      if (record?.launch && listed !== undefined) mayAppear.push(record.launch.name);
      continue;
    }
    all.push(found);
    const { container } = found;
    if (root) containers.set(key, { pid: undefined, running: container.isRunning });
    else if (flags.docker_kill_orphans || !container.isRunning) orphans.push(container.id);
  }
  const isKnown = (said: string) => [...roots.keys()].some(key => isSameId(said, key, nameCase));
  const taken = new Set(all.map(({ container }) => container.engineId));
  const ended: { engineId: string; endedMs: number }[] = [];
  const strays: string[] = [];
  const agentIds = await agentIdsOf(flags.work_dir);
  countOthers(parts, listed ?? []);
  for (const summary of listed ?? []) {
    const { key, isOwn } = readLabels(summary.labels, identity);
    const older = ownByName(summary, agentIds, nameCase);
    if (!older && (!isOwn || key === undefined)) continue;
    if (taken.has(summary.id) || (older?.isExecutor && isKnown(older.containerId))) continue;
    if (summary.state !== 'running') {
      const endedMs = await endOfEnded(parts, summary);
      ended.push({ engineId: summary.id, endedMs });
      continue;
    }
    if (!flags.docker_kill_orphans) {
      log.warning('A Docker container of this agent is not known, and runs on (--docker_kill_orphans)', {
        container: summary.name,
      });
      continue;
    }
    if (older || key === undefined) {
      strays.push(summary.id);
      continue;
    }
    const id = idOf(key);
    if (id === undefined) continue;
    const container = newContainer(id, { name: summary.name, isTask: false, directory: undefined });
    container.engineId = summary.id;
    container.isStarted = true;
    container.state = 'RUNNING';
    all.push({ container });
    orphans.push(id);
  }
  return { all, containers, orphans, ended, strays, mayAppear };
}

function countOthers({ engine, identity, log, metrics }: DockerParts, listed: readonly ContainerSummary[]): void {
  const names = listed.filter(each => isOfOthers(each, identity)).map(({ name }) => name);
  if (names.length === 0) return;
  metrics.counter('containerizer/docker/containers_of_others').increment(names.length);
  log.info('Left alone containers of other work directories: an operator has to remove those whose agent is gone', {
    ...{ engine: engine.endpoint, count: names.length, containers: names.slice(0, mostNamed) },
  });
}

/** Lists the engine's containers that may be this agent's; undefined when the engine is away. */
async function list({ engine, identity, log }: DockerParts): Promise<ContainerSummary[] | undefined> {
  const options = { all: true, timeoutMs: longestListMs };
  try {
    const own = await engine.containers.list({
      ...options,
      filters: { label: [`${labelNames.workDirectory}=${identity}`] },
    });
    const named = await engine.containers.list({ ...options, filters: { name: ['^/?mesos-'] } });
    const seen = new Set(own.map(({ id }) => id));
    return [...own, ...named.filter(({ id }) => !seen.has(id))];
  } catch (error) {
    if (!(error instanceof EngineError && error.isAway)) throw error;
    log.error('The Docker engine does not answer; its containers are looked for when it does', {
      error,
      engine: engine.endpoint,
    });
    return undefined;
  }
}

/**
 * Finds the engine's container of each key: by the labels of this work directory or, of those that have none, by its name. Who shares
 * the engine can give any other label and name to a container of theirs.
 */
function bySummary(
  listed: readonly ContainerSummary[],
  keys: ReadonlySet<ContainerKey>,
  { identity, nameCase }: DockerParts,
): ReadonlyMap<ContainerKey, ContainerSummary> {
  const found = new Map<ContainerKey, ContainerSummary>();
  for (const summary of listed) {
    const { key, isOwn } = readLabels(summary.labels, identity);
    if (isOwn && keys.has(key as ContainerKey)) found.set(key as ContainerKey, summary);
  }
  for (const summary of listed) {
    const named = parseContainerName(summary.name);
    if (summary.labels[labelNames.container] !== undefined || named === undefined || named.isExecutor) continue;
    for (const key of keys) {
      if (isSameId(named.containerId, key, nameCase) && !found.has(key)) found.set(key, summary);
    }
  }
  return found;
}

async function takeOver(
  parts: DockerParts,
  key: ContainerKey,
  root: KnownContainer | undefined,
  record: StoredContainer | undefined,
  summary: ContainerSummary | undefined,
  isAway: boolean,
): Promise<FoundContainer | undefined> {
  const { engine, identity, store } = parts;
  const id = root?.id ?? idOf(key);
  if (id === undefined) return undefined;
  const name = record?.launch?.name ?? summary?.name ?? '';
  const directory = root?.directory ?? record?.launch?.directory;
  const isTask = record?.launch?.isTask ?? readLabels(summary?.labels ?? {}, identity).isTask;
  const hasRecord = record?.termination !== undefined || isAway;
  const inspected = hasRecord || !summary ? undefined : await engine.containers.inspect(summary.id);
  const hasTerminal = record?.launch?.hasTerminal ?? inspected?.tty ?? false;
  const { networkMode } = record?.launch ?? {};
  const container = newContainer(id, { name, directory, isTask, hasTerminal, networkMode });
  container.position = record?.output;
  container.isSignalled = record?.isAborted ?? false;
  const found = { container };
  if (record === undefined) {
    const where = directory !== undefined && { directory };
    await store.add(key, { name, isTask, ...where, ...(hasTerminal && { hasTerminal }) });
  }
  container.engineId = summary?.id;
  container.state = 'RUNNING';
  container.isStarted = true;
  if (record?.termination) {
    container.termination = record.termination;
    container.endedMs = summary ? await endOfEnded(parts, summary) : 0;
    return found;
  }
  if (isAway) return found; // it is looked for by its name when the engine is back
  if (inspected === undefined) {
    // Its image was being pulled, or it was removed by hand: nothing says that its program ran.
    return undefined;
  }
  container.started(inspected);
  const { state } = inspected;
  if (state.running) return found;
  container.termination = endOf(state, isTask);
  container.endedMs = Date.parse(state.finishedAt) || 0;
  await store.setTermination(key, container.termination);
  if (wasStarted(state)) return found;
  container.engineId = undefined;
  return { ...found, createdId: inspected.id };
}

async function endOfEnded({ engine, clock }: DockerParts, { id }: ContainerSummary): Promise<number> {
  const inspected = await engine.containers.inspect(id).catch(() => undefined); // its time begins now
  return Date.parse(inspected?.state.finishedAt ?? '') || clock.now();
}

function newContainer(id: ContainerId, fields: Omit<ContainerFields, 'id' | 'key'>): DockerContainer {
  return new DockerContainer({ ...fields, id, key: containerKey(id) });
}

function idOf(key: string): ContainerId | undefined {
  try {
    return parseContainerKey(key);
  } catch (error) {
    if (error instanceof InvalidIdError) return undefined;
    throw error;
  }
}
