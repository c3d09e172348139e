import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type CommandInfoURI, checkId } from '@meseta/protocol';
import { lookupUser } from '@meseta/system';
import type { ContainerKey } from '../../container-id.ts';
import { Fetcher, type FetcherOptions } from '../fetcher.ts';

const id: ContainerKey = checkId('c');

/** Makes a sandbox, a directory of sources, and a fetcher. */
export async function bench(t: TestContext, options: Partial<FetcherOptions> = {}, user?: string) {
  const directory = await mkdtemp(join(tmpdir(), 'meseta-fetcher-'));
  await chmod(directory, 0o755);
  const [sandbox, sources] = [join(directory, 'sandbox'), join(directory, 'sources')];
  await mkdir(sandbox, { mode: 0o750 });
  const files = ['stdout', 'stderr'].map(name => join(sandbox, name));
  for (const file of files) await writeFile(file, '');
  if (user !== undefined) {
    const { uid, gid } = await lookupUser(user);
    for (const path of [sandbox, ...files]) await chown(path, uid, gid);
  }
  await mkdir(sources);
  const fetcher = new Fetcher({ stallTimeoutMs: 60_000, frameworksHome: sources, ...options });
  t.after(async () => {
    await fetcher.close();
    await rm(directory, { recursive: true });
  });
  return {
    directory,
    sandbox,
    sources,
    fetcher,
    source: async (name: string, contents: string | Buffer) => {
      await writeFile(join(sources, name), contents);
      return join(sources, name);
    },
    fetch: (...uris: CommandInfoURI[]) => fetcher.fetch(id, { uris, sandbox, ...(user === undefined ? {} : { user }) }),
    read: (...names: string[]) => readFile(join(sandbox, ...names), 'utf8'),
    /** Returns the names of the files in the sandbox, except those of the output. */
    list: async () => (await readdir(sandbox)).filter(name => !['stdout', 'stderr'].includes(name)).sort(),
  };
}
