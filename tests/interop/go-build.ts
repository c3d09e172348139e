/** Go programs on the library mesos-go as Debian packages it: written for Apache Mesos by others. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { all, type Need, needs } from '@meseta/system/testing';

const library = '/usr/share/gocode';
/** What tests with mesos-go need. */
export const goPrograms: Need = all(
  needs.package('golang-go', '/usr/bin/go'),
  needs.package('golang-github-mesos-mesos-go-dev', `${library}/src/github.com/mesos/mesos-go/api/v1/lib/httpcli`),
);

/**
 * Builds the programs of some directories in `sources`, by their names. Everything that the compiler writes goes to
 * `directory`, the programs too.
 *
 * @throws {Error} what the compiler says.
 */
export async function buildGoPrograms(sources: string, names: readonly string[], directory: string): Promise<void> {
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
