import { namespaceFlags } from '../../launch-plan.ts';
import type { Isolator } from '../isolator.ts';

/**
 * `filesystem/linux`: a mount namespace for each container, in which its volumes are mounted.
 *
 * @see Mesos src/slave/containerizer/mesos/isolators/filesystem/linux.cpp
 */
export const linuxFilesystem: Isolator = {
  name: 'filesystem/linux',
  supportsNesting: true,
  supportsStandalone: true,
  prepare: async () => ({ clone_namespaces: [namespaceFlags.mnt] }),
};
