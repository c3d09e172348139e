/** What an engine such as Triton refuses, of which Docker's own engine takes everything. Pure. */

/** A request to an engine. */
export interface EngineRequest {
  readonly method: string;
  /** The path without the version of the API, such as `/containers/create`. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** The body as JSON; undefined when there is none, or it is none. */
  readonly json: unknown;
}

interface CreateBody {
  readonly HostConfig?: {
    readonly Binds?: readonly string[] | null;
    readonly Mounts?: readonly { readonly Type?: string; readonly Source?: string }[] | null;
  };
}

/** Returns why the engine refuses a request, in its words; undefined when it takes it. */
export function refusalOf({ method, path, query, json }: EngineRequest): string | undefined {
  if (method !== 'POST') return undefined;
  const name = query.get('name') ?? '';
  const isRename = /^\/containers\/[^/]+\/rename$/.test(path);
  if (path !== '/containers/create' && !isRename) return undefined;
  if (/[A-Z]/.test(name)) return `Invalid container name (${name}): only [a-z0-9][a-z0-9_.-] are allowed`;
  return isRename ? undefined : hostVolumes(json as CreateBody | undefined);
}

function hostVolumes({ HostConfig: config = {} }: CreateBody = {}): string | undefined {
  const bind = config.Binds?.find(each => each.startsWith('/'));
  if (bind !== undefined) return `host volumes are not supported: ${bind}`;
  const mount = config.Mounts?.find(({ Type }) => Type === 'bind');
  return mount && `host volumes are not supported: ${mount.Source}`;
}
