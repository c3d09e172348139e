/** An image made of Debian's busybox-static, as docker save would write it. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { needs } from '@meseta/system/testing';

/** Tests with such images need this. */
export const needsBusybox = needs.package('busybox-static', '/bin/busybox');

/** The directories of an image and what to write into them, by layer; lowest first. */
export type Layers = readonly (readonly (readonly [name: string, contents: string])[])[];

/**
 * Writes `<directory>/<name>.tar`: busybox and its commands as the lowest layer, then others.
 *
 * @param config the field `config` of the image's configuration.
 */
export function writeBusyboxImage(
  directory: string,
  name: string,
  config: Record<string, unknown> = {},
  layers: Layers = [],
): void {
  const work = path.join(directory, `.${name.replaceAll('/', '_')}`);
  mkdirSync(path.join(work, 'image'), { recursive: true });
  const bin = path.join(work, 'busybox/bin');
  mkdirSync(bin, { recursive: true });
  execFileSync(
    'sh',
    ['-c', 'cp /bin/busybox . && for name in $(./busybox --list); do ln -s busybox "$name" 2>/dev/null || :; done'],
    {
      cwd: bin,
    },
  );
  const roots = [path.join(work, 'busybox')];
  for (const [index, files] of layers.entries()) {
    const root = path.join(work, `layer${index}`);
    mkdirSync(root);
    for (const [file, contents] of files) {
      mkdirSync(path.join(root, file, '..'), { recursive: true });
      writeFileSync(path.join(root, file), contents);
    }
    roots.push(root);
  }
  const archives = roots.map((root, index) => {
    const archive = `${index}.tar`;
    execFileSync('tar', [
      '--create',
      '--owner=0',
      '--group=0',
      `--file=${path.join(work, 'image', archive)}`,
      '--directory',
      root,
      '.',
    ]);
    return archive;
  });
  const digestOf = (file: string) =>
    createHash('sha256')
      .update(readFileSync(path.join(work, 'image', file)))
      .digest('hex');
  const diff_ids = archives.map(archive => `sha256:${digestOf(archive)}`);
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
  writeFileSync(
    path.join(work, 'image/config.json'),
    JSON.stringify({ architecture, os: 'linux', config, rootfs: { type: 'layers', diff_ids } }),
  );
  const manifest = [{ Config: 'config.json', RepoTags: [`${name}:latest`], Layers: archives }];
  writeFileSync(path.join(work, 'image/manifest.json'), JSON.stringify(manifest));
  mkdirSync(path.join(directory, name, '..'), { recursive: true });
  execFileSync('tar', [
    '--create',
    `--file=${path.join(directory, `${name}.tar`)}`,
    '--directory',
    path.join(work, 'image'),
    '.',
  ]);
  rmSync(work, { recursive: true });
}
