/** Stores who the agent is, for its next start. */
import { AgentInfo } from '@meseta/protocol';
import type { RegisteredContext } from '../context.ts';
import { encodeLengthPrefixed } from '../disk/records.ts';

/** Stores the id. Later writes cannot overtake this one. */
export function keepId({ agent, paths, disk, abort }: RegisteredContext): void {
  const { id, info } = agent;
  disk
    .perform([
      { type: 'mkdir', path: paths.agent(paths.workDirectory, id), leadsToSandbox: true },
      { type: 'mkdir', path: paths.agent(paths.meta, id) },
      { type: 'replace', path: paths.agentInfo(id), data: encodeLengthPrefixed(AgentInfo, info), sync: true },
      { type: 'symlink', path: paths.latestAgent(paths.workDirectory), target: paths.agent(paths.workDirectory, id) },
      { type: 'symlink', path: paths.latestAgent(paths.meta), target: paths.agent(paths.meta, id) },
    ])
    .catch(abort);
}

/** Stores what the master knows of the agent now: the next start is compared with it. */
export function keepInfo({ agent, paths, disk, abort }: RegisteredContext): void {
  const { id, info } = agent;
  agent.isReconfigured = false;
  const data = encodeLengthPrefixed(AgentInfo, info);
  disk.perform([{ type: 'replace', path: paths.agentInfo(id), data, sync: true }]).catch(abort);
}
