import { execFile } from 'node:child_process';
import { chmod, chown, mkdtemp, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { makeDirectories } from '@meseta/system';
import { ImageError } from '../image-error.ts';
import { layerNames } from '../unpack/layer-record.ts';
import type { Backend, BackendRequest, Rootfs } from './backend.ts';

const run = promisify(execFile);
/** mount(2) takes one page, with a NUL at its end. */
const maximumOptions = 4095;

/**
 * Prepares overlay mounts: the layers are shared, and each container has a directory for what it changes. The launcher
 * mounts them in the container's own mount namespace, so nothing is left mounted when the container ends.
 *
 * @see Mesos src/slave/containerizer/mesos/provisioner/backends/overlay.cpp
 */
export class OverlayBackend implements Backend {
  readonly name = 'overlay';

  async provision({ layers, directory, id }: BackendRequest): Promise<Rootfs> {
    const target = join(directory, 'rootfses', id);
    const scratch = join(directory, 'scratch', id);
    const [upperdir, workdir] = [join(scratch, 'upperdir'), join(scratch, 'workdir')];
    for (const each of [target, upperdir, workdir]) await makeDirectories(each, 0o700);
    const top = layers.at(-1);
    if (top === undefined) throw new ImageError('UNSUPPORTED', 'It has no layers, so there is nothing to run in');
    const root = await stat(join(top.directory, layerNames.rootfs));
    await chown(upperdir, root.uid, root.gid);
    await chmod(upperdir, root.mode & 0o7777); // the root directory that the container sees
    const lowerdirs = await Promise.all([...layers].reverse().map(layer => layer.link()));
    const options = overlayOptions({ lowerdirs, upperdir, workdir });
    if (Buffer.byteLength(options) > maximumOptions) {
      const help = 'give the agent a --docker_store_dir with a shorter path, or --image_provisioner_backend=copy';
      throw new ImageError('BACKEND', `Its ${layers.length} layers are too many for one overlay mount: ${help}`);
    }
    return { backend: 'overlay', target, lowerdirs, upperdir, workdir, options };
  }
}

/** Returns the options of mount(2). */
function overlayOptions(paths: {
  readonly lowerdirs: readonly string[];
  readonly upperdir: string;
  readonly workdir: string;
}): string {
  const escaped = (path: string) => path.replace(/[\\:,]/g, '\\$&');
  const lower = paths.lowerdirs.map(escaped).join(':');
  return `lowerdir=${lower},upperdir=${escaped(paths.upperdir)},workdir=${escaped(paths.workdir)}`;
}

/**
 * Returns why overlay cannot be used below a directory; undefined when it can. It mounts one, in a mount namespace of
 * its own, which is the only proof.
 *
 * @param directory of what containers change.
 */
export async function overlayProblem(directory: string): Promise<string | undefined> {
  const scratch = await mkdtemp(join(directory, '.overlay-'));
  try {
    const script = `set -e; mkdir lower upper work target; touch lower/a
mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work target; rm target/a; mkdir target/b; test -c upper/a`;
    await run('unshare', ['--mount', 'sh', '-c', script], { cwd: scratch });
    return undefined;
  } catch (error) {
    const { stderr, message } = error as Error & { readonly stderr?: string };
    return (stderr?.trim() || message).replace(/\s*\n\s*/g, '; ');
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
