/** Finds the NVIDIA driver of the machine, and its GPUs, by its program nvidia-smi and its device files. */
import { execFile } from 'node:child_process';
import { access, constants, readdir } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { lookUpDevice, type MachineDevice } from '../devices/allowed-devices.ts';
import { findLibraries, type Library } from './libraries.ts';
import { NvidiaError } from './nvidia-error.ts';

/** The driver of the machine. */
export interface NvidiaDriver {
  readonly version: string;
  /** By the number that nvidia-smi shows. */
  readonly gpus: readonly MachineDevice[];
  /** Device files that every program needs, which give no access to a GPU. */
  readonly control: readonly MachineDevice[];
  /** All device files, those of GPUs included, with the names they have in a container. */
  readonly files: readonly (MachineDevice & { readonly name: string })[];
  /** Paths of its programs. */
  readonly programs: readonly string[];
  readonly libraries: readonly Library[];
}

const run = promisify(execFile);
/** A driver that has just been loaded takes long. */
const timeoutMs = 60_000;
const directories = ['usr/local/sbin', 'usr/local/bin', 'usr/sbin', 'usr/bin', 'sbin', 'bin'];
/** Those that containers get, if they are there. */
const programNames = [
  ...['nvidia-smi', 'nvidia-debugdump', 'nvidia-persistenced'],
  ...['nvidia-cuda-mps-control', 'nvidia-cuda-mps-server'],
];

/**
 * Finds the driver.
 *
 * @param root the directory below which it is installed.
 * @throws {NvidiaError} there is none, or it does not work.
 */
export async function findDriver(root: string): Promise<NvidiaDriver> {
  const needs = 'The isolator gpu/nvidia needs the NVIDIA driver';
  const smi = await findProgram(root, 'nvidia-smi');
  if (smi === undefined) {
    const where = root === '/' ? 'PATH' : `${root} (--nvidia_driver_root)`;
    throw new NvidiaError(
      `${needs}: there is no program nvidia-smi in ${where}. Install it, or leave the isolator out`,
    );
  }
  const libraries = await findLibraries(root);
  const { version, minors } = parseDescription(await describe(root, smi, libraries));
  const device = (name: string) => lookUp(root, name);
  const gpus = await Promise.all(minors.map(minor => device(`nvidia${minor}`)));
  await loadUvm(root);
  const tools = await device('nvidia-uvm-tools').catch(() => undefined); // not of every driver
  const control = [await device('nvidiactl'), await device('nvidia-uvm'), ...(tools ? [tools] : [])];
  const found = await Promise.all(programNames.map(name => findProgram(root, name)));
  const programs = found.filter(each => each !== undefined);
  return { version, gpus, control, files: await deviceFiles(root), programs, libraries };
}

/** Reads what `nvidia-smi -q -x` prints: the version of the driver, and the minor device number of each GPU. */
export function parseDescription(xml: string): { version: string; minors: number[] } {
  const version = /<driver_version>\s*([^<]*?)\s*<\/driver_version>/.exec(xml)?.[1];
  if (version === undefined) throw new NvidiaError('nvidia-smi -q -x does not say which version the driver has');
  const minors = [...xml.matchAll(/<gpu id="([^"]*)">(.*?)<\/gpu>/gs)].map(([, id, text = '']) => {
    const minor = /<minor_number>\s*(\d+)\s*<\/minor_number>/.exec(text)?.[1];
    if (minor === undefined) throw new NvidiaError(`nvidia-smi -q -x does not say the minor number of GPU ${id}`);
    return Number(minor);
  });
  return { version, minors };
}

async function describe(root: string, smi: string, libraries: readonly Library[]): Promise<string> {
  // Of a driver elsewhere, the libraries are not where the loader looks for them.
  const paths = [...new Set(libraries.map(({ path }) => dirname(path)))].join(':');
  const env = { ...process.env, ...(root !== '/' && { LD_LIBRARY_PATH: paths }) };
  const result = await run(smi, ['-q', '-x'], { timeout: timeoutMs, maxBuffer: 1 << 24, env }).catch(cause => {
    const { stdout = '', stderr = '', killed, code } = cause;
    const how = killed ? `did not answer within ${timeoutMs / 1000} seconds` : `failed (${code})`;
    const said = `${stdout}${stderr}`.trim().split('\n', 1)[0];
    throw new NvidiaError(`The NVIDIA driver does not work: ${smi} ${how}: ${said || cause.message}`, { cause });
  });
  return result.stdout;
}

/** The module nvidia-uvm is loaded, and its device file made, when it is needed first. */
async function loadUvm(root: string): Promise<void> {
  if (await exists(join(root, 'dev/nvidia-uvm'))) return;
  const modprobe = await findProgram(root, 'nvidia-modprobe');
  if (modprobe === undefined) return;
  await run(modprobe, ['-u', '-c', '0'], { timeout: timeoutMs }).catch(cause => {
    throw new NvidiaError(`Cannot load the module nvidia-uvm: ${cause.message}`, { cause });
  });
}

async function deviceFiles(root: string): Promise<NvidiaDriver['files']> {
  const names = (await readdir(join(root, 'dev'))).filter(name => name.startsWith('nvidia')).sort();
  // nvidia-caps is a directory: its files belong to parts of GPUs.
  const found = await Promise.all(names.map(name => lookUp(root, name).catch(() => undefined)));
  return found.flatMap((device, index) => (device ? [{ ...device, name: names[index]! }] : []));
}

async function lookUp(root: string, name: string): Promise<MachineDevice> {
  return lookUpDevice(join(root, 'dev', name), 'The NVIDIA driver is not complete: ');
}

async function findProgram(root: string, name: string): Promise<string | undefined> {
  const usual = directories.map(directory => join(root, directory));
  const searched = root === '/' ? [...(process.env.PATH ?? '').split(delimiter).filter(Boolean), ...usual] : usual;
  for (const directory of searched) {
    const path = join(directory, name);
    if (await exists(path, constants.X_OK)) return path;
  }
  return undefined;
}

function exists(path: string, mode = constants.F_OK): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    () => false,
  );
}
