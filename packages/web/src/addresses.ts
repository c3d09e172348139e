/** Every address of the web UI, behind the `#`: paths of the master are endpoints of its API, such as `/tasks`. */

/** Makes addresses of pages. Ids are encoded; the addresses that Apache Mesos's UI had are among them, where pages are the same. */
export const addresses = {
  overview: () => '/',
  agents: () => '/agents',
  agent: (id: string) => `/agents/${encodeURIComponent(id)}`,
  frameworks: () => '/frameworks',
  framework: (id: string) => `/frameworks/${encodeURIComponent(id)}`,
  roles: () => '/roles',
  offers: () => '/offers',
  why: () => '/why',
  tasks: () => '/tasks',
  metrics: () => '/metrics',
  task: (frameworkId: string, taskId: string) =>
    `/tasks/${encodeURIComponent(frameworkId)}/${encodeURIComponent(taskId)}`,
  run: () => '/run',
  maintenance: () => '/maintenance',
  events: () => '/events',
  about: () => '/about',
} as const;

/** A page of Apache Mesos's UI: its path, and where it leads here. */
interface ClassicAddress {
  readonly pattern: RegExp;
  readonly to: (...ids: string[]) => string;
  /** It is about the files of that, and may name a directory. */
  readonly browses?: true;
}

/** Where an address leads. */
interface Destination {
  readonly path: string;
  readonly search: Readonly<Record<string, string>>;
}

/** Marathon and others link to these. */
const classic: readonly ClassicAddress[] = [
  { pattern: /^\/slaves$/, to: addresses.agents },
  { pattern: /^\/(?:slaves)\/([^/]+)(?:\/browse)?$/, to: (agent = '') => addresses.agent(agent) },
  {
    pattern: /^\/(?:slaves|agents)\/[^/]+\/frameworks\/([^/]+)\/executors\/([^/]+)$/,
    to: (framework = '', executor = '') => addresses.task(framework, executor),
  },
  {
    pattern: /^\/(?:slaves|agents)\/[^/]+\/frameworks\/([^/]+)\/executors\/([^/]+)\/browse$/,
    to: (framework = '', executor = '') => addresses.task(framework, executor),
    browses: true,
  },
  {
    pattern: /^\/(?:slaves|agents)\/[^/]+\/frameworks\/([^/]+)\/executors\/[^/]+\/tasks\/([^/]+)$/,
    to: (framework = '', task = '') => addresses.task(framework, task),
  },
  {
    pattern: /^\/(?:slaves|agents)\/[^/]+\/frameworks\/([^/]+)\/executors\/[^/]+\/tasks\/([^/]+)\/browse$/,
    to: (framework = '', task = '') => addresses.task(framework, task),
    browses: true,
  },
  {
    pattern: /^\/(?:slaves|agents)\/[^/]+\/frameworks\/([^/]+)$/,
    to: (framework = '') => addresses.framework(framework),
  },
  {
    pattern: /^\/frameworks\/([^/]+)\/(?:active|unreachable|completed)_tasks$/,
    to: (id = '') => addresses.framework(id),
  },
];

/** A directory in a sandbox, as agents have it: of which executor it is. */
const inSandbox = /\/frameworks\/([^/]+)\/executors\/([^/]+)\/runs\/[^/]+(?:\/|$)/;

/**
 * Returns where an address of Apache Mesos's UI leads here; undefined: it is none.
 *
 * @param directory the parameter `path`, of pages about files.
 */
export function fromClassic(given: string, directory?: unknown): Destination | undefined {
  const path = given.replace(/(?<=.)\/+$/, ''); // as there, with a slash at its end, too
  const place = typeof directory === 'string' && directory !== '' ? directory : undefined;
  const [, framework, executor] = inSandbox.exec(place ?? '') ?? [];
  const files = { tab: 'files', ...(place !== undefined && { path: place }) };
  if (/^\/(?:slaves|agents)\/[^/]+\/browse$/.test(path) && framework !== undefined && executor !== undefined) {
    return { path: addresses.task(framework, executor), search: files };
  }
  for (const { pattern, to, browses } of classic) {
    const match = pattern.exec(path);
    if (match) return { path: to(...match.slice(1).map(decoded)), search: browses ? files : {} };
  }
  return undefined;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // a percent sign that encodes nothing
  }
}
