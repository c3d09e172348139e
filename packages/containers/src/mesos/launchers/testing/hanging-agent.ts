/** For tests: an agent that is going to be killed during a launch. */
import { Cgroups } from '../../cgroups/cgroups.ts';
import type { LaunchSpec } from '../../launcher.ts';
import { LinuxLauncher } from '../linux.ts';

const [runtimeDirectory, cgroups_root, id, spec] = process.argv.slice(2) as [string, string, string, string];
const flags = { cgroups_hierarchy: '/sys/fs/cgroup', cgroups_root, cgroups_destroy_timeout: 5000 };
const launcher = new LinuxLauncher({ runtimeDirectory, cgroups: await Cgroups.open(flags) });
await launcher.launch(id as Parameters<typeof launcher.launch>[0], JSON.parse(spec) as LaunchSpec);
