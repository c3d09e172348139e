import type { Isolator } from '../isolator.ts';

/**
 * `linux/nnp`: no program of a container gets more privileges than the one that started it, by a set-user-id bit for
 * example.
 *
 * @see Mesos src/slave/containerizer/mesos/isolators/linux/nnp.cpp
 */
export const noNewPrivileges: Isolator = {
  name: 'linux/nnp',
  supportsNesting: true,
  supportsStandalone: true,
  prepare: async () => ({ no_new_privileges: true }),
};
