/** Cgroups of a test's agents: below a root of their own, which is gone after the test. */
import { existsSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Bench } from './test-agent.ts';

let count = 0;

/** The root of the cgroups of one test, in each hierarchy of the machine. */
export class TestCgroups {
  readonly root = `meseta-test-${basename(dirname(tmpdir()))}-${process.pid}-${++count}`;
  readonly #mounted: string;

  /** @param at when its agents have ended, the root is removed; a container's cgroup that is left fails the test. @param mounted where hierarchies are. */
  constructor(at: Bench, mounted = '/sys/fs/cgroup') {
    this.#mounted = mounted;
    at.onEnd(async () => this.remove());
  }

  /** The flags of an agent. */
  flags(isolation: string, ...more: readonly string[]): string[] {
    return [`--isolation=${isolation}`, `--cgroups_root=${this.root}`, `--cgroups_hierarchy=${this.#mounted}`, ...more];
  }

  /** Returns the cgroups in a hierarchy below the root, by their names. */
  groups(hierarchy: string): string[] {
    const path = join(this.#mounted, hierarchy, this.root);
    if (!existsSync(path)) return [];
    return readdirSync(path, { withFileTypes: true }).flatMap(each => (each.isDirectory() ? [each.name] : []));
  }

  /** Returns all cgroups below the root in all hierarchies, with the paths below /sys/fs/cgroup. */
  all(): string[] {
    return readdirSync(this.#mounted).flatMap(hierarchy =>
      this.groups(hierarchy).map(name => join(hierarchy, this.root, name)),
    );
  }

  /** Reads a file of a container's cgroup. @param id by default the only one that there is. */
  read(hierarchy: string, file: string, id = this.groups(hierarchy)[0] ?? ''): string {
    return readFileSync(join(this.#mounted, hierarchy, this.root, id, file), 'utf8').trim();
  }

  /** Makes the root in a hierarchy, if need be, and writes a limit for all containers together. */
  limit(hierarchy: string, file: string, value: string): void {
    writeFileSync(join(this.#mounted, hierarchy, this.root, file), value);
  }

  /** Moves a process into a container's cgroup. */
  enter(hierarchy: string, id: string, pid: number): void {
    writeFileSync(join(this.#mounted, hierarchy, this.root, id, 'cgroup.procs'), String(pid));
  }

  /** Removes a container's cgroup that nothing is in. */
  rmdir(hierarchy: string, id: string): void {
    rmdirSync(join(this.#mounted, hierarchy, this.root, id));
  }

  /** Removes the root, in which nothing is, as another agent with the same one does when that ends. */
  removeRoot(): void {
    for (const hierarchy of readdirSync(this.#mounted)) {
      const path = join(this.#mounted, hierarchy, this.root);
      if (existsSync(path)) rmdirSync(path);
    }
  }

  private remove(): void {
    const left = this.all().filter(path => !path.endsWith('/slave')); // that of the agent stays, as in Mesos
    for (const hierarchy of readdirSync(this.#mounted)) {
      for (const name of this.groups(hierarchy)) rmdirSync(join(this.#mounted, hierarchy, this.root, name));
    }
    this.removeRoot();
    if (left.length > 0) throw new Error(`Cgroups are left: ${left.join(', ')}`);
  }
}
