/** Which GPUs an agent offers: all, or those of `--nvidia_gpu_devices` with as many gpus in `--resources`. */
import { agentResources } from '@meseta/resources';
import type { ContainerizerFlags } from '../../containerizer-flags.ts';
import type { MachineDevice } from '../devices/allowed-devices.ts';
import { findDriver, type NvidiaDriver } from './driver.ts';
import { NvidiaError } from './nvidia-error.ts';

/** The driver of the machine, and what the agent offers of its GPUs. */
export interface NvidiaGpus {
  readonly driver: NvidiaDriver;
  readonly offered: readonly MachineDevice[];
}

type GpuFlags = Pick<
  ContainerizerFlags,
  'isolation' | 'nvidia_gpu_devices' | 'nvidia_driver_root' | 'resources' | 'default_role'
>;

const isolator = 'gpu/nvidia';

/**
 * Finds the GPUs of the machine that the flags say.
 *
 * @returns undefined without the isolator gpu/nvidia.
 * @throws {NvidiaError} there is no driver, or the flags contradict each other or the machine.
 * @throws {ResourceParseError | InvalidResourceError} of `--resources`.
 * @see Mesos src/slave/containerizer/mesos/isolators/gpu/allocator.cpp, enumerateGpuResources
 */
export async function findGpus(flags: GpuFlags): Promise<NvidiaGpus | undefined> {
  const { isolation, nvidia_gpu_devices: listed, nvidia_driver_root = '/' } = flags;
  if (!isolation.includes(isolator)) {
    if (listed === undefined) return undefined;
    throw new NvidiaError(`--nvidia_gpu_devices needs the isolator ${isolator}: add it to --isolation`);
  }
  const wanted = listed && numbersOf(listed);
  const given = gpusOf(flags);
  if (given === undefined && wanted) {
    throw new NvidiaError(`--nvidia_gpu_devices needs gpus in --resources, such as gpus:${wanted.length}`);
  }
  if (given !== undefined && given > 0 && !wanted) {
    throw new NvidiaError('gpus in --resources need --nvidia_gpu_devices, which says which ones. Or leave out both');
  }
  if (given !== undefined && wanted && given !== wanted.length) {
    throw new NvidiaError(
      `--resources has ${given} gpus, and --nvidia_gpu_devices names ${wanted.length}: the numbers must be the same`,
    );
  }
  const driver = await findDriver(nvidia_driver_root);
  if (given === 0) return { driver, offered: [] };
  if (!wanted) return { driver, offered: driver.gpus };
  return {
    driver,
    offered: wanted.map(number => {
      const gpu = driver.gpus[number];
      if (gpu) return gpu;
      throw new NvidiaError(`--nvidia_gpu_devices: there is no GPU ${number}; the machine has ${driver.gpus.length}`);
    }),
  };
}

function numbersOf(listed: readonly string[]): number[] {
  const numbers = listed.map(text => {
    if (/^\d+$/.test(text)) return Number(text);
    throw new NvidiaError(`--nvidia_gpu_devices: '${text}' is no number of a GPU, such as 0`);
  });
  const twice = numbers.find((each, index) => numbers.indexOf(each) < index);
  if (twice !== undefined) throw new NvidiaError(`--nvidia_gpu_devices names GPU ${twice} twice`);
  return numbers;
}

const unknownMachine = { cpus: undefined, memoryBytes: undefined, diskBytes: undefined };

/** Returns the gpus in `--resources`; undefined when it says nothing of them. */
function gpusOf({ resources = '', default_role = '*' }: GpuFlags): number | undefined {
  return /\bgpus\b/.test(resources)
    ? agentResources(resources, default_role, unknownMachine).scalar('gpus')
    : undefined;
}
