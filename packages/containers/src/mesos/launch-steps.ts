import type { ProcessId } from '@meseta/system';
import {
  type LaunchPlan,
  mountFlags,
  type Namespace,
  namespaceFlags,
  type PlannedDevice,
  type PlannedMount,
} from './launch-plan.ts';
import { capabilityNames, rlimitName } from './linux-names.ts';

/** MOUNT_ATTR_RDONLY and MOUNT_ATTR_NODEV of mount_setattr(2). */
const readOnlyAttribute = 1;
const noDevicesAttribute = 4;

const sysAdmin = capabilityNames.indexOf('SYS_ADMIN');

/** A step that steps.pl knows: its name and the fields it takes. */
export type LaunchStep = readonly [name: string, ...fields: string[]];

/** Whose namespaces a container enters. */
export interface EnteredNamespaces {
  readonly process: ProcessId;
  readonly namespaces: readonly Namespace[];
}

/** The container around a nested one that is set up on its own. */
export interface ParentContainer extends EnteredNamespaces {
  /** It has a mount namespace of its own, in which sources of mounts are looked for. */
  readonly hasMounts: boolean;
}

/** What a process may never have: what it executes may not either. */
export interface PrivilegeLimits {
  /** Numbers of the capabilities that can be had; undefined for all that the agent can have. */
  readonly bounding?: readonly number[] | undefined;
  readonly noNewPrivileges: boolean;
  /** Its seccomp filter, as in a plan. */
  readonly seccompFilter?: string | undefined;
}

/** What the launcher adds to a plan. */
export interface LaunchSurroundings {
  /** The cgroup, made before, that all processes of the container are found by. */
  readonly tracking?: string | undefined;
  /** Cgroups of another container that this one is in. */
  readonly shared?: readonly string[];
  /** It runs inside of another container, and enters all namespaces of that one. */
  readonly enter?: EnteredNamespaces | undefined;
  /** It is nested in another container, and enters those namespaces of that one which its plan asks for. */
  readonly parent?: ParentContainer | undefined;
  /** Those of the container that this one is inside of: a way into a container must not be one out of its limits. */
  readonly limits?: PrivilegeLimits | undefined;
}

/**
 * Writes down a plan in the order in which it is executed:
 *
 * 1. cgroups, as long as the machine's paths are seen; the process joins them before it does anything else
 * 2. namespaces, first those of another container; the loopback interface of a new network. What the parent of a nested
 *    container shows is taken from there
 * 3. mounts and device files, in the order isolators asked for, files in memory, and links; then the host name. What they
 *    need is opened before the first of them, which may hide it: a private /tmp hides sandboxes below the machine's
 * 4. the new root
 * 5. the set of capabilities that can be had, and no new privileges: for programs that are executed, so nothing is lost yet
 * 6. limits: while the process is still root
 * 7. (the user changes)
 * 8. capabilities that are had. Loading a filter without no new privileges needs CAP_SYS_ADMIN: it is kept, of root's, until
 *    the program is executed, which takes away from a user what is not to be had. In the pid namespace of another container,
 *    where that would be in reach of its processes, there are no new privileges
 * 9. (the agent lets it go on)
 * 10. the seccomp filter: it need not permit anything but what the program does, and execve(2)
 */
export function launchSteps(plan: LaunchPlan | undefined, surroundings: LaunchSurroundings): LaunchStep[] {
  const { tracking, shared = [], enter, parent, limits } = surroundings;
  const { namespaces = [], cgroups = [], mounts = [], links = [], files = [], rlimits = [] } = plan ?? {};
  const { hostname, root, effective, oomScoreAdjustment } = plan ?? {};
  const bounding = plan?.bounding ?? limits?.bounding;
  const seccomp = plan?.seccompFilter ?? limits?.seccompFilter;
  const entered = (enter ?? parent)?.namespaces ?? [];
  // Processes of a container whose pid namespace is entered see it before it executes its program: it holds nothing then.
  const isSeen = seccomp !== undefined && enter !== undefined && entered.includes('pid');
  const noNewPrivileges = plan?.noNewPrivileges || limits?.noNewPrivileges || isSeen;
  const holdsAdmin = seccomp !== undefined && !noNewPrivileges;
  const others = namespaces.filter(name => name !== 'pid' && !entered.includes(name));
  const target = targetOf(enter ?? parent);
  return [
    ...(tracking === undefined ? [] : [['cgroup', tracking] as const, ['track', tracking] as const]),
    ...cgroups.flatMap(({ path, settings }): LaunchStep[] => [
      ...(path === tracking ? [] : [['cgroup', path] as const]), // with version 2 it may be the same
      ...settings.map(([file, value]): LaunchStep => ['write', `${path}/${file}`, value]),
      ...(path === tracking ? [] : [['join', path] as const]),
    ]),
    ...shared.map((path): LaunchStep => ['join', path]),
    ...(oomScoreAdjustment === undefined ? [] : [['oom-score', String(oomScoreAdjustment)] as const]),
    ...pidNamespaceSteps(namespaces.includes('pid'), entered.includes('pid') ? target : [], enter !== undefined),
    ...takenMounts(mounts).map((mount): LaunchStep => {
      const { source, sourceRoot = '' } = mount;
      return ['take', ...(parent?.hasMounts ? target : ['', '']), takenName(mount), source, sourceRoot];
    }),
    ...(entered.some(name => name !== 'pid')
      ? [['enter', ...target, ...entered.filter(name => name !== 'pid')] as const]
      : []),
    ...(others.length > 0 ? [['unshare', String(flagsOf(others))] as const] : []),
    ...(others.includes('net') ? [['loopback'] as const] : []),
    ...pathsToOpen(mounts, files, root).map((path): LaunchStep => ['open', path]),
    ...mounts.map(mountStep),
    ...files.map(fileStep),
    ...links.map(({ path, text }) => linkStep(root ?? '/', path, text)),
    ...(hostname === undefined ? [] : [['hostname', hostname] as const]),
    ...(root === undefined ? [] : [['pivot', root] as const]),
    ...(bounding === undefined ? [] : [['bounding', bounding.join(' ')] as const]),
    ...(noNewPrivileges ? [['no-new-privileges'] as const] : []),
    ...rlimits.map(({ resource, soft, hard }): LaunchStep => ['rlimit', String(resource), String(soft), String(hard)]),
    ...(effective === undefined && !holdsAdmin ? [] : [['keep-capabilities'] as const]),
    ...(effective === undefined
      ? []
      : [['capabilities', effective.join(' '), holdsAdmin ? String(sysAdmin) : ''] as const]),
    ...(effective === undefined && holdsAdmin ? [['hold-capability', String(sysAdmin)] as const] : []),
    ...(seccomp === undefined ? [] : [['seccomp', seccomp] as const]),
  ];
}

/** Returns the fields that name a process: its pid and when it started. */
function targetOf(entered: EnteredNamespaces | undefined): string[] {
  return entered === undefined ? [] : [String(entered.process.pid), String(entered.process.start)];
}

/**
 * @param target the process whose namespace is entered; empty for none.
 * @param isInside it has no namespace of its own, and is in that one last of all.
 */
function pidNamespaceSteps(isNew: boolean, target: readonly string[], isInside: boolean): LaunchStep[] {
  if (target.length === 0) return isNew ? [['new-pid-namespace']] : [];
  if (isInside) return [['enter-pid-namespace', ...target]];
  return [[isNew ? 'nested-pid-namespace' : 'parent-pid-namespace', ...target]];
}

type Taken = PlannedMount & { readonly targetRoot?: string };

function takenMounts(mounts: LaunchPlan['mounts']): Taken[] {
  return mounts.filter((mount): mount is Taken => 'fromParent' in mount && mount.fromParent === true);
}

/** What is taken twice is mounted twice. */
const takenName = ({ target, targetRoot = '' }: Taken): string => `${targetRoot}:${target}`;

function flagsOf(namespaces: readonly Namespace[]): number {
  return namespaces.reduce((flags, name) => flags | namespaceFlags[name], 0);
}

/** Returns the paths of the machine that mounts need. The new root may be there only after one of them. */
function pathsToOpen(mounts: LaunchPlan['mounts'], files: LaunchPlan['files'], root: string | undefined): string[] {
  const needed = mounts.flatMap(mount => {
    const fromParent = 'fromParent' in mount && mount.fromParent;
    const bound =
      !fromParent && 'flags' in mount && mount.flags & mountFlags.bind ? [mount.sourceRoot ?? mount.source] : [];
    return [...bound, ...(mount.targetRoot ? [mount.targetRoot] : [])];
  });
  for (const { targetRoot } of files) if (targetRoot) needed.push(targetRoot);
  const inRoot = (path: string) => root !== undefined && `${path}/`.startsWith(`${root}/`);
  return mounts.length + files.length > 1 ? [...new Set(needed)].filter(path => !inRoot(path)) : [];
}

function mountStep(mount: LaunchPlan['mounts'][number]): LaunchStep {
  if ('device' in mount) return deviceStep(mount);
  if (mount.fromParent) {
    const { target, targetRoot = '', create = '', readOnly } = mount;
    return ['attach', takenName(mount as Taken), target, targetRoot, create, String(readOnly ? readOnlyAttribute : 0)];
  }
  const {
    source,
    sourceRoot = '',
    target,
    targetRoot = '',
    type = '',
    flags,
    data = '',
    create = '',
    readOnly,
  } = mount;
  const isBound = Boolean(flags & mountFlags.bind);
  const noDevices = isBound && flags & mountFlags.noDevices ? noDevicesAttribute : 0; // mount(2) knows the flag for others
  const attributes = (readOnly ? readOnlyAttribute : 0) | noDevices;
  return ['mount', source, sourceRoot, target, targetRoot, type, String(flags), data, create, String(attributes)];
}

/** Hexadecimal digits in one field of a step: fields are limited in length. */
const piece = 32_768;

function fileStep({ target, targetRoot = '', create, readOnly, contents }: LaunchPlan['files'][number]): LaunchStep {
  const attributes = readOnly ? readOnlyAttribute : 0;
  const pieces = contents.toString('hex').match(new RegExp(`.{1,${piece}}`, 'g')) ?? [];
  return ['file', target, targetRoot, create ?? '', String(attributes), ...pieces];
}

const fileTypes = { block: 0o060000, character: 0o020000 } as const;

function deviceStep({ target, targetRoot = '', device }: PlannedDevice & { readonly targetRoot?: string }): LaunchStep {
  const [directory, name] = splitPath(target);
  const mode = fileTypes[device.kind] | device.mode;
  return ['device', targetRoot, directory, name, String(mode), String(device.number)];
}

/** Returns the directory that a path is in, and its last part. */
function splitPath(path: string): [directory: string, name: string] {
  const at = path.lastIndexOf('/');
  return [path.slice(0, at) || '/', path.slice(at + 1)];
}

function linkStep(root: string, path: string, text: string): LaunchStep {
  return ['symlink', root, text, ...splitPath(path)];
}

/** Returns the fields of a `launch` request that say the steps (see shim.pl). */
export function planFields(steps: readonly LaunchStep[]): string[] {
  return steps.flatMap(step => [String(step.length), ...step]);
}

/** Says in words what a step does, for the error when it fails. */
export function stepWords([name, ...fields]: LaunchStep): string {
  return (words[name] ?? (() => name))(fields);
}

const words: Readonly<Record<string, (fields: readonly string[]) => string>> = {
  cgroup: ([path]) => `make the cgroup '${path}'`,
  track: ([path]) => `open the cgroup '${path}'`,
  join: ([path]) => `open the cgroup '${path}'`,
  write: ([file, value]) => `write '${value}' to '${file}'`,
  open: ([path]) => `open '${path}'`,
  'oom-score': ([value]) => `set the adjustment of its out-of-memory score to ${value}`,
  'new-pid-namespace': () => 'make a pid namespace',
  'enter-pid-namespace': () => "enter the pid namespace of the container's parent",
  'parent-pid-namespace': () => "enter the pid namespace of the container's parent",
  'nested-pid-namespace': () => "make a pid namespace below that of the container's parent",
  take: ([, , , source]) => `find '${source}' in the container's parent`,
  attach: ([, target]) => `mount what the container's parent has at '${target}'`,
  enter: ([, , ...namespaces]) => `enter namespaces of the container's parent (${namespaces.join(', ')})`,
  unshare: ([flags]) => {
    const names = Object.entries(namespaceFlags).filter(([, flag]) => Number(flags) & flag);
    return `make namespaces (${names.map(([each]) => each).join(', ')})`;
  },
  loopback: () => 'start the loopback interface of the network namespace',
  mount: ([source, , target, , type]) => `mount ${type === '' ? `'${source}'` : type} at '${target}'`,
  device: ([, directory, name]) => `make the device '${directory}/${name}'`,
  file: ([target]) => `mount a file in memory at '${target}'`,
  symlink: ([, , directory, name]) => `make the link '${directory}/${name}'`,
  hostname: ([name]) => `set the host name '${name}'`,
  pivot: ([root]) => `change to the root file system '${root}'`,
  rlimit: ([resource, soft, hard]) => `set resource limit ${rlimitName(Number(resource))} to ${soft}:${hard}`,
  bounding: () => 'limit the capabilities that can be had',
  'keep-capabilities': () => 'keep capabilities',
  capabilities: () => 'set capabilities',
  'hold-capability': () => 'keep the capability to load a seccomp filter',
  'no-new-privileges': () => 'forbid new privileges',
  seccomp: () => 'load its seccomp filter',
};
