import type { AgentInfoCapability, AgentInfoCapabilityType } from '@meseta/protocol';

/** Those that every agent must have, because masters and frameworks rely on them. */
const required: readonly AgentInfoCapabilityType[] = [
  'MULTI_ROLE',
  'HIERARCHICAL_ROLE',
  'RESERVATION_REFINEMENT',
  'RESOURCE_PROVIDER',
  'AGENT_OPERATION_FEEDBACK',
  'AGENT_DRAINING',
  'TASK_RESOURCE_LIMITS',
];

/** Those Apache Mesos 1.12 reports, in its order: masters require them for what they let frameworks do. */
const all: readonly AgentInfoCapabilityType[] = [...required.slice(0, 4), 'RESIZE_VOLUME', ...required.slice(4)];

/** What `--agent_features` says: a SlaveCapabilities message in JSON. */
interface Features {
  readonly capabilities?: readonly { readonly type?: unknown }[];
}

/** Returns the capabilities of an agent: all, or those of `--agent_features`; and ours: those of `--shared_ports` and `--agent_proxy_key`. */
export function agentCapabilities(flags: {
  readonly agent_features: Features | undefined;
  readonly shared_ports: boolean;
  readonly agent_proxy_key?: string | undefined;
}): readonly AgentInfoCapability[] {
  const listed = flags.agent_features?.capabilities?.map(({ type }) => type);
  const types = all.filter(type => listed === undefined || listed.includes(type));
  const own: AgentInfoCapabilityType[] = [];
  if (flags.shared_ports) own.push('SHARED_PORTS');
  if (flags.agent_proxy_key !== undefined) own.push('PROXY_TOKENS');
  return [...types, ...own].map(type => ({ type }));
}

/**
 * Checks the value of `--agent_features`.
 *
 * @see Mesos src/slave/flags.cpp
 */
export function checkFeatures(text: string): string | undefined {
  const { capabilities } = JSON.parse(text) as Features;
  if (!Array.isArray(capabilities)) return 'expecting {"capabilities":[{"type":"MULTI_ROLE"},…]}';
  const listed: readonly unknown[] = capabilities.map(each => (each as { readonly type?: unknown } | null)?.type);
  const unknown = listed.find(type => !(all as readonly unknown[]).includes(type));
  if (unknown !== undefined || listed.includes(undefined)) {
    return `the capability ${JSON.stringify(unknown)} is not known; allowed: ${all.join(', ')}`;
  }
  const missing = required.filter(type => !listed.includes(type));
  return missing.length === 0 ? undefined : `every agent must have ${missing.join(', ')}, too`;
}
