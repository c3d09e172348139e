import { type AgentInfo, DomainInfo, encode } from '@meseta/protocol';
import { attributeIncludes, attributesEqual, printAttributes, Resources } from '@meseta/resources';

/** Values of `--reconfiguration_policy`. */
export type ReconfigurationPolicy = 'equal' | 'additive';

/**
 * Returns the change that prevents an agent from keeping its id, by `--reconfiguration_policy`; undefined when there is
 * none. With `additive`, resources and attributes may be added, resources and ranges of attributes may grow, and an agent
 * without a domain may get one.
 *
 * @param options.anyPort each start uses another port, so the port does not count.
 * @see Mesos src/slave/compatibility.cpp
 */
export function incompatibility(
  before: AgentInfo,
  now: AgentInfo,
  options: { readonly policy: ReconfigurationPolicy; readonly anyPort: boolean },
): string | undefined {
  if (before.hostname !== now.hostname) return `hostname was '${before.hostname}' and is '${now.hostname}'`;
  if (before.port !== now.port && !options.anyPort) return `port was ${before.port} and is ${now.port}`;
  return options.policy === 'additive' ? shrunk(before, now) : changed(before, now);
}

/** Tells whether an agent describes itself to the master in another way than before: by anything but its port. */
export function isReconfigured(before: AgentInfo, now: AgentInfo): boolean {
  return changed(before, now) !== undefined;
}

function changed(before: AgentInfo, now: AgentInfo): string | undefined {
  const [had, have] = [Resources.of(before.resources), Resources.of(now.resources)];
  if (!had.equals(have)) return resourcesChange(had, have, { withGrowth: true });
  const [were, are] = [before.attributes ?? [], now.attributes ?? []];
  if (!attributesEqual(were, are))
    return `attributes were '${printAttributes(were)}' and are '${printAttributes(are)}'`;
  return sameDomain(before, now) ? undefined : domainChange(before, now);
}

function shrunk(before: AgentInfo, now: AgentInfo): string | undefined {
  const [had, have] = [Resources.of(before.resources), Resources.of(now.resources)];
  if (!have.contains(had)) return resourcesChange(had, have, { withGrowth: false });
  for (const attribute of before.attributes ?? []) {
    if (now.attributes?.some(each => attributeIncludes(each, attribute))) continue;
    const same = (now.attributes ?? []).filter(({ name }) => name === attribute.name);
    const are = same.length === 0 ? 'is gone' : `is now '${printAttributes(same)}'`;
    return `attribute '${printAttributes([attribute])}' ${are}`;
  }
  return before.domain === undefined || sameDomain(before, now) ? undefined : domainChange(before, now);
}

/** Names what is missing and what was added: lists of resources are long, and differ in a detail. */
function resourcesChange(had: Resources, have: Resources, { withGrowth }: { readonly withGrowth: boolean }): string {
  const [missing, added] = [had.subtract(have), have.subtract(had)];
  const parts = [
    ...(missing.isEmpty ? [] : [`missing: ${missing}`]),
    ...(withGrowth && !added.isEmpty ? [`added: ${added}`] : []),
  ];
  return `resources were ${had} and are ${have} (${parts.join('; ')})`;
}

function domainChange(before: AgentInfo, now: AgentInfo): string {
  return `the domain was ${printDomain(before)} and is ${printDomain(now)}`;
}

function printDomain({ domain }: AgentInfo): string {
  if (domain?.fault_domain === undefined) return 'none';
  const { region, zone } = domain.fault_domain;
  return `region '${region.name}', zone '${zone.name}'`;
}

/** Compares the fault domains of agents by content: the order of keys does not matter. */
function sameDomain(...agents: readonly AgentInfo[]): boolean {
  const [before, now] = agents.map(({ domain }) => domain && encode(DomainInfo, domain));
  return before === undefined || now === undefined ? before === now : before.equals(now);
}
