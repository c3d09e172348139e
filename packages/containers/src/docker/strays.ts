/** Containers that no record of this agent knows: which of them are its own, as labels and older names tell. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ifAbsent } from '@meseta/system';
import { isSameId, type NameCase, type NamedContainer, parseContainerName } from './container-name.ts';
import type { ContainerSummary } from './engine/answers.ts';
import { labelNames } from './labels.ts';

/** Returns the ids that agents of a work directory have had. */
export async function agentIdsOf(workDirectory: string): Promise<readonly string[]> {
  const names = await readdir(join(workDirectory, 'meta', 'slaves')).catch(ifAbsent([] as string[])); // there was no agent here
  return names.filter(name => name !== 'latest');
}

/** Tells whether a container was made by an agent of another work directory: one that shares the engine, or has lost its directory. */
export function isOfOthers({ labels }: Pick<ContainerSummary, 'labels'>, identity: string): boolean {
  const directory = labels[labelNames.workDirectory];
  return directory !== undefined && directory !== identity;
}

/** Returns what the name of a container without labels says, when that is the older form with the id of one of these agents. */
export function ownByName(
  { labels, name }: Pick<ContainerSummary, 'labels' | 'name'>,
  agentIds: readonly string[],
  nameCase: NameCase,
): NamedContainer | undefined {
  if (labels[labelNames.container] !== undefined) return undefined; // labels tell whose it is
  const named = parseContainerName(name);
  return named && agentIds.some(id => isSameId(named.agentId, id, nameCase)) ? named : undefined;
}
