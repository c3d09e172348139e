/** Go programs on the library mesos-go as Debian packages it: written for Apache Mesos by others. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

const library = '/usr/share/gocode';
const needed = {
  'golang-go': '/usr/bin/go',
  'golang-github-mesos-mesos-go-dev': `${library}/src/github.com/mesos/mesos-go/api/v1/lib/httpcli`,
};

const missing = Object.entries(needed).flatMap(([debianPackage, file]) => (existsSync(file) ? [] : [debianPackage]));
const packages = `${missing.join(', ')} (Debian packages)`;

/** Why the tests with mesos-go cannot run on this machine: false when they can. In CI they always have to. */
export const skip = missing.length > 0 && process.env.CI !== 'true' && `not installed: ${packages}`;

/**
 * Builds the programs of some directories in `sources`, by their names. Everything that the compiler writes goes to
 * `directory`, the programs too.
 *
 * @throws {Error} when Debian packages are missing, and what the compiler says.
 */
export async function buildGoPrograms(sources: string, names: readonly string[], directory: string): Promise<void> {
  if (missing.length > 0) throw new Error(`Not installed: ${packages}`);
  const env = {
    PATH: process.env.PATH,
    GO111MODULE: 'off',
    GOENV: 'off',
    GOPATH: library,
    GOCACHE: path.join(directory, 'cache'),
    GOTMPDIR: directory,
  };
  // Not optimised: half the time. The standard library stays as packaged, which needs no compiling at all.
  const flags = ['-gcflags=github.com/...=-N -l -dwarf=false', '-ldflags=-s -w'];
  await promisify(execFile)('go', ['build', ...flags, '-o', `${directory}/`, ...names.map(name => `./${name}`)], {
    cwd: sources,
    env,
  });
}
