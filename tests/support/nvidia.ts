/**
 * An NVIDIA driver in a directory (--nvidia_driver_root): a program nvidia-smi that describes GPUs, device files with the
 * numbers of real ones, and libraries. The kernel decides who may open the files before it looks for a driver of theirs: what
 * is allowed fails with ENXIO where there is none, what is not allowed with EPERM.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';

const libraries = [
  ['libcuda.so.1', 'libcuda.so.535.54'],
  ['libnvidia-ml.so.1', 'libnvidia-ml.so.535.54'],
] as const;
const flagsOfCache = process.arch === 'arm64' ? 0x0a03 : 0x0303;

/** Makes such a driver, which is removed after the test. @returns its directory. */
export function nvidiaDriver(t: TestContext, gpus: number): string {
  const root = mkdtempSync(path.join(tmpdir(), 'nvidia-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  for (const directory of ['dev/nvidia-caps', 'etc', 'usr/bin', 'usr/lib']) {
    mkdirSync(path.join(root, directory), { recursive: true });
  }
  const node = (name: string, major: number, minor: number) =>
    execFileSync('mknod', [path.join(root, 'dev', name), 'c', String(major), String(minor)]);
  for (let minor = 0; minor < gpus; minor++) node(`nvidia${minor}`, 195, minor);
  node('nvidiactl', 195, 255);
  node('nvidia-uvm', 510, 0);
  const described = Array.from({ length: gpus }, (_, index) => {
    return `<gpu id="0:${index}:0"><minor_number>${index}</minor_number></gpu>`;
  });
  const log = `<nvidia_smi_log><driver_version>535.54</driver_version>${described.join('')}</nvidia_smi_log>`;
  writeProgram(root, 'nvidia-smi', `echo '${log}'`);
  for (const [name, file] of libraries) {
    writeFileSync(path.join(root, 'usr/lib', file), `${name} of the driver\n`);
    symlinkSync(file, path.join(root, 'usr/lib', name));
  }
  writeFileSync(path.join(root, 'etc/ld.so.cache'), cacheOf([...libraries.map(([name]) => name), 'libother.so.1']));
  return root;
}

/** Writes a program of the driver. */
export function writeProgram(root: string, name: string, script: string): void {
  const file = path.join(root, 'usr/bin', name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
}

/** Returns a cache of the dynamic loader, as ldconfig writes it: header, entries, then the strings that they point to. */
function cacheOf(names: readonly string[]): Buffer {
  const [headerBytes, entryBytes] = [48, 24];
  const entries = Buffer.alloc(names.length * entryBytes);
  let strings = '';
  const add = (text: string) => {
    const at = headerBytes + entries.length + strings.length;
    strings += `${text}\0`;
    return at;
  };
  for (const [index, name] of names.entries()) {
    entries.writeInt32LE(flagsOfCache, index * entryBytes);
    entries.writeUInt32LE(add(name), index * entryBytes + 4);
    entries.writeUInt32LE(add(`/usr/lib/${name}`), index * entryBytes + 8);
  }
  const header = Buffer.alloc(headerBytes);
  header.write('glibc-ld.so.cache1.1');
  header.writeUInt32LE(names.length, 20);
  header.writeUInt32LE(strings.length, 24);
  header.writeUInt8(2, 28); // the lowest byte is first
  return Buffer.concat([header, entries, Buffer.from(strings)]);
}
