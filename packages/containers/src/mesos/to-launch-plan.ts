import type { RLimitInfo } from '@meseta/protocol';
import { LaunchError } from '../errors.ts';
import {
  containerRoot,
  type LaunchPart,
  type LaunchPlan,
  type Namespace,
  namespaceFlags,
  type PlannedCgroup,
  type PlannedDevice,
  type PlannedMount,
  type PlannedRlimit,
} from './launch-plan.ts';
import { capabilityNumbers, rlimitNumber } from './linux-names.ts';
import { seccompFilter } from './seccomp/planned-filter.ts';

/** RLIM_INFINITY. */
const unlimited = 0xffff_ffff_ffff_ffffn;

/**
 * Turns what isolators asked for, merged, into what the launcher does. Variables and the working directory are no part of
 * it: every launcher has them.
 *
 * @returns undefined when nothing is asked for.
 * @throws {LaunchError} `INVALID` for what Linux does not have, and for a seccomp profile that makes no filter.
 */
export function toLaunchPlan(part: LaunchPart): LaunchPlan | undefined {
  const placed = <T extends Pick<PlannedMount, 'targetRoot'>>(each: T) => ({
    ...each,
    targetRoot: each.targetRoot === containerRoot ? (part.root ?? '') : (each.targetRoot ?? ''),
  });
  const mounts = mountsOf(part).map(placed);
  const files = (part.planned_files ?? []).map(placed);
  const enters = namespacesOf(part.enter_namespaces ?? []);
  const namespaces = namespacesOf(part.clone_namespaces ?? []);
  const mountsOnMachine = mounts.length + files.length > 0 && ![...namespaces, ...enters].includes('mnt');
  const plan: LaunchPlan = {
    // Mounts must end with the container, and the machine must not see them, whichever isolator asks for them.
    namespaces: mountsOnMachine ? [...namespaces, 'mnt'] : namespaces,
    enters,
    cgroups: mergeCgroups(part.cgroups ?? []),
    oomScoreAdjustment: part.oom_score_adj,
    mounts,
    files,
    links: part.planned_links ?? [],
    hostname: part.hostname,
    root: part.root,
    rlimits: rlimitsOf(part.rlimits),
    bounding: part.bounding_capabilities && capabilityNumbers(part.bounding_capabilities),
    effective: part.effective_capabilities && capabilityNumbers(part.effective_capabilities),
    noNewPrivileges: part.no_new_privileges ?? false,
    seccompFilter: part.seccomp && seccompFilter(part.seccomp, part.bounding_capabilities),
  };
  const asks = Object.values(plan).some(value => (Array.isArray(value) ? value.length > 0 : Boolean(value)));
  const { oomScoreAdjustment } = plan;
  if (oomScoreAdjustment !== undefined) return plan;
  return asks || plan.bounding !== undefined || plan.effective !== undefined ? plan : undefined;
}

/** Device files follow the mount that holds them: in a volume mounted there later, they would be the machine's. */
function mountsOf(part: LaunchPart): (PlannedMount | PlannedDevice)[] {
  const mounts = [...(part.mounts ?? []).map(plannedMount), ...(part.planned_mounts ?? [])];
  return mounts.flatMap(mount => ('holdsDevices' in mount ? [mount, ...(part.planned_devices ?? [])] : [mount]));
}

/** Several controllers may be in one hierarchy: they ask for the same group. */
function mergeCgroups(cgroups: readonly PlannedCgroup[]): PlannedCgroup[] {
  const paths = new Set(cgroups.map(({ path }) => path));
  return [...paths].map(path => ({
    path,
    settings: cgroups.filter(group => group.path === path).flatMap(({ settings }) => settings),
  }));
}

function namespacesOf(flags: readonly number[]): Namespace[] {
  return flags.map(flag => {
    const found = Object.entries(namespaceFlags).find(([, value]) => value === flag);
    if (!found)
      throw new LaunchError('INVALID', `Isolators ask for a namespace that is not known: 0x${flag.toString(16)}`);
    return found[0] as Namespace;
  });
}

/** A mount of Mesos's message has paths of the machine. */
function plannedMount({
  source,
  target,
  type,
  flags,
  options,
}: NonNullable<LaunchPart['mounts']>[number]): PlannedMount {
  return { source: source ?? type ?? 'none', target, type: type ?? '', flags: flags ?? 0, data: options ?? '' };
}

function rlimitsOf(info: RLimitInfo | undefined): PlannedRlimit[] {
  return (info?.rlimits ?? []).map(({ type, soft, hard }) => {
    const resource = rlimitNumber(type);
    if (resource === undefined) throw new LaunchError('INVALID', `Linux has no resource limit '${type}'`);
    if ((soft === undefined) !== (hard === undefined)) {
      throw new LaunchError(
        'INVALID',
        `Resource limit ${type} needs both a soft and a hard value, or none (unlimited)`,
      );
    }
    const limit = { resource, soft: toBigInt(soft), hard: toBigInt(hard) };
    if (limit.soft > limit.hard) {
      throw new LaunchError('INVALID', `Resource limit ${type}: the soft value ${soft} is above the hard one, ${hard}`);
    }
    return limit;
  });
}

const toBigInt = (value: number | bigint | undefined) => (value === undefined ? unlimited : BigInt(value));
