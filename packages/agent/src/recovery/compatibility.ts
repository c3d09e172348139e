import { type AgentInfo, DomainInfo, encode } from '@meseta/protocol';
import { attributesEqual, Resources } from '@meseta/resources';

/**
 * Returns the change that prevents an agent from keeping its id, by `--reconfiguration_policy`; undefined when there is
 * none.
 *
 * @param options.anyPort each start uses another port, so the port does not count.
 * @see Mesos src/slave/compatibility.cpp
 */
export function incompatibility(
  before: AgentInfo,
  now: AgentInfo,
  options: { readonly policy: string; readonly anyPort: boolean },
): string | undefined {
  if (before.hostname !== now.hostname) return `hostname was '${before.hostname}' and is '${now.hostname}'`;
  if (before.port !== now.port && !options.anyPort) return `port was ${before.port} and is ${now.port}`;
  return options.policy === 'additive' ? shrunk(before, now) : changed(before, now);
}

function changed(before: AgentInfo, now: AgentInfo): string | undefined {
  const [had, have] = [Resources.of(before.resources), Resources.of(now.resources)];
  if (!had.equals(have)) return `resources were ${had} and are ${have}`;
  if (!attributesEqual(before.attributes ?? [], now.attributes ?? [])) return 'attributes have changed';
  return sameDomain(before, now) ? undefined : 'the domain has changed';
}

function shrunk(before: AgentInfo, now: AgentInfo): string | undefined {
  const [had, have] = [Resources.of(before.resources), Resources.of(now.resources)];
  if (!have.contains(had)) return `resources were ${had} and are only ${have}`;
  for (const attribute of before.attributes ?? []) {
    const kept = (now.attributes ?? []).some(each => attributesEqual([each], [attribute]));
    if (!kept) return `attribute '${attribute.name}' has changed or is gone`;
  }
  const same = before.domain === undefined || sameDomain(before, now);
  return same ? undefined : 'the domain has changed';
}

/** Compares the fault domains of agents by content: the order of keys does not matter. */
function sameDomain(...agents: readonly AgentInfo[]): boolean {
  const [before, now] = agents.map(({ domain }) => domain && encode(DomainInfo, domain));
  return before === undefined || now === undefined ? before === now : before.equals(now);
}
