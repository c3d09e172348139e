import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { ProcessId } from '@meseta/system';
import { LaunchError } from '../../../errors.ts';
import { spawnTied } from '../../../tied-process.ts';
import type { PersistentMount } from './volume-mounts.ts';

const program = fileURLToPath(new URL('./change-mounts.pl', import.meta.url));

/** What the end of the process by a signal means. */
const reasons: Readonly<Record<string, string>> = { SIGALRM: 'its sandbox did not answer within 60 seconds' };

/** A running container whose mounts are changed. */
export interface MountedContainer {
  /** A process in its mount namespace. */
  readonly process: ProcessId;
  /** Its sandbox on the machine, and in the container. */
  readonly sandbox: string;
  readonly seenAt: string;
}

/**
 * Mounts a volume in the mount namespace of a running container, or unmounts it there. What is so already stays so. When
 * the agent ends meanwhile, the volume is either mounted or not.
 *
 * @throws {LaunchError} `INVALID`, with the container path and the reason.
 */
export async function changeMounts(
  change: 'mount' | 'unmount',
  { process: { pid, start }, sandbox, seenAt }: MountedContainer,
  { source, containerPath, readOnly }: PersistentMount,
): Promise<void> {
  const attributes = readOnly ? '1' : '0';
  const argv = [
    'perl',
    program,
    change,
    String(pid),
    String(start),
    sandbox,
    seenAt,
    source,
    containerPath,
    attributes,
  ];
  const child = spawnTied(argv as [string, ...string[]], {
    cwd: '/',
    env: { PATH: process.env.PATH, LC_ALL: 'C' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const said = child.stderr ? buffer(child.stderr).then(String) : Promise.resolve('');
  const end = await new Promise<number | NodeJS.Signals | Error | null>(resolve => {
    child.once('error', resolve).once('close', (code, signal) => resolve(signal ?? code));
  });
  if (end === 0) return;
  const reason =
    end instanceof Error ? end.message : (await said).trim() || (reasons[`${end}`] ?? `it ended with ${end}`);
  throw new LaunchError('INVALID', `Failed to ${change} the volume at '${containerPath}': ${reason}`);
}
