/** A file system that is soon full. */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmdirSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { type Need, needs } from '@meseta/system/testing';
import { endProcesses } from './processes.ts';

/** Mounted until the test is over. */
export class SmallDisk {
  static readonly need: Need = needs.mounting('a file system is soon full');
  readonly path: string;

  constructor(t: TestContext, directory: string, megabytes: number) {
    this.path = directory;
    mkdirSync(directory, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0755`, 'tmpfs', directory]);
    t.after(async () => {
      await endProcesses(directory); // whoever uses it would make the directory again
      execFileSync('umount', ['--lazy', directory]);
      rmdirSync(directory);
    });
  }

  /** Takes all that is left. */
  fill(): void {
    const file = openSync(this.#filler, 'a');
    try {
      for (const size of [65_536, 4096, 1]) while (this.#write(file, size));
    } finally {
      closeSync(file);
    }
  }

  /** Gives it back. */
  empty(): void {
    rmSync(this.#filler);
  }

  /** Gives it another size. */
  resize(megabytes: number): void {
    execFileSync('mount', ['-o', `remount,size=${megabytes}m`, this.path]);
  }

  /** Leaves no inode: the files that are there can grow, and no other can be made. */
  takeInodes(): void {
    const used = execFileSync('df', ['--output=iused', this.path], { encoding: 'utf8' }).split('\n')[1]?.trim();
    execFileSync('mount', ['-o', `remount,nr_inodes=${used}`, this.path]);
  }

  /** Leaves inodes again. */
  giveInodes(): void {
    execFileSync('mount', ['-o', 'remount,nr_inodes=1000', this.path]);
  }

  /** Nothing can be written to it any more. */
  makeReadOnly(): void {
    execFileSync('mount', ['-o', 'remount,ro', this.path]);
  }

  /** It can be written to again. */
  makeWritable(): void {
    execFileSync('mount', ['-o', 'remount,rw', this.path]);
  }

  get #filler(): string {
    return path.join(this.path, 'filler');
  }

  #write(file: number, size: number): boolean {
    try {
      return writeSync(file, Buffer.alloc(size, 1)) === size;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return false;
      throw error;
    }
  }
}
