import type { ContainerConfig } from '@meseta/protocol';
import { type ContainerFeature, containerFeatures } from './container-features.ts';
import type { LaunchPart } from './launch-plan.ts';

/**
 * Names a feature that a launch asks for and that no isolator of this agent provides; undefined when the launch is
 * supported. Nothing that a framework asks for is ignored without an error.
 *
 * @param provided by the agent's isolators.
 */
export function unsupported(config: ContainerConfig, provided: ReadonlySet<ContainerFeature>): string | undefined {
  if (config.container_info?.type === 'DOCKER')
    return 'A container of type DOCKER needs the containerizer docker (--containerizers)';
  const missing = containerFeatures.find(({ feature, asked }) => !provided.has(feature) && asked(config));
  if (missing === undefined) return undefined;
  const { words, isolators } = missing;
  if (missing.flags !== undefined) return `${words} ${missing.flags} and --isolation=${isolators.join()} of the agent`;
  if (isolators.length === 0) return `${words} the containerizer mesos (--containerizers)`;
  return `${words} the isolator ${isolators.join(' or ')}, which this agent does not have (--isolation)`;
}

/** Fields of Mesos's launch info that isolators may set. */
const built: readonly (keyof LaunchPart)[] = [
  ...(['environment', 'task_environment', 'working_directory', 'mounts', 'command'] as const),
  ...(['clone_namespaces', 'enter_namespaces'] as const),
  ...(['rlimits', 'effective_capabilities', 'bounding_capabilities', 'no_new_privileges'] as const),
  'supplementary_groups',
  ...(['planned_mounts', 'planned_devices', 'planned_links', 'planned_files', 'cgroups'] as const),
  ...(['oom_score_adj', 'root', 'hostname', 'seccomp'] as const),
];

/** Names what isolators ask for and no launcher can do; undefined when there is nothing. */
export function unsupportedParts(part: LaunchPart): string | undefined {
  const asked = Object.entries(part).filter(
    ([field, value]) =>
      value !== undefined &&
      !(built as readonly string[]).includes(field) &&
      !(Array.isArray(value) && value.length === 0),
  );
  if (asked.length === 0) return undefined;
  const fields = asked.map(([field]) => field).join(', ');
  const may = built.filter(field => !own.includes(field));
  return `Isolators ask for what is not built yet: ${fields}. They may set ${may.join(', ')}`;
}

/** What only built-in isolators know. */
const own: readonly (keyof LaunchPart)[] = [
  ...(['planned_mounts', 'planned_devices', 'planned_links', 'planned_files', 'cgroups'] as const),
  ...(['oom_score_adj', 'root', 'hostname', 'seccomp'] as const),
];
