import type { Isolator } from '../isolator.ts';

/**
 * `posix/rlimits`: the resource limits of processes (setrlimit(2)) that a task asks for in `rlimit_info`.
 *
 * @see Mesos src/slave/containerizer/mesos/isolators/posix/rlimits.cpp
 */
export const posixRlimits: Isolator = {
  name: 'posix/rlimits',
  provides: ['rlimits'],
  supportsNesting: true,
  supportsStandalone: true,
  async prepare(_id, { container_info }) {
    const { rlimit_info } = container_info ?? {};
    return rlimit_info && { rlimits: rlimit_info };
  },
};
