import type { User } from '@meseta/system';

/** The process that a shim is to start. Strings must not contain NUL. */
export interface ShimLaunch {
  /** The id of the container in answers. */
  readonly id: string;
  /** The program; without a slash it is searched in the `PATH` of the environment. Empty: it only waits to be killed. */
  readonly file: string;
  /** All of argv, argv[0] included. */
  readonly argv: readonly string[];
  /** All of the environment, `NAME=value` each. */
  readonly environment: readonly string[];
  readonly workingDirectory: string;
  /**
   * Files that standard output and error are appended to; default: those of the shim. With `stdin` all three are FIFOs
   * that the shim makes, or the same terminal, which becomes the controlling one. Without it there is no input.
   */
  readonly output?: { readonly stdin?: string | undefined; readonly stdout: string; readonly stderr: string };
  /** Default: the user of the shim. */
  readonly user?: User | undefined;
  /** Default: that of the shim. */
  readonly umask?: number;
  /** Options of prlimit(1), `--nofile=64:64`. */
  readonly limits?: readonly string[];
  /** The steps of a launch plan, each the number of its fields and these (see steps.pl). */
  readonly plan?: readonly string[];
}

/** Returns the fields of a `launch` request (see shim.pl). */
export function launchFields({ output, user, umask, limits = [], plan = [], ...launch }: ShimLaunch): string[] {
  const files = [launch.workingDirectory, output?.stdin ?? '', output?.stdout ?? '', output?.stderr ?? ''];
  const identity = user === undefined ? '' : [user.uid, user.gid, ...user.groups].join(' ');
  const settings = [limits.join(' '), identity, umask?.toString(8) ?? ''];
  const { id, file, argv, environment } = launch;
  return [
    'launch',
    id,
    ...files,
    ...settings,
    file,
    String(argv.length),
    ...argv,
    String(plan.length),
    ...plan,
    ...environment,
  ];
}

/** Encodes a request to a helper process: a length of 4 bytes, then the fields. They must not contain NUL. */
export function frame(fields: readonly string[]): Buffer {
  const body = fields.join('\0');
  const request = Buffer.allocUnsafe(4 + Buffer.byteLength(body));
  request.writeUInt32BE(request.length - 4);
  request.write(body, 4);
  return request;
}
