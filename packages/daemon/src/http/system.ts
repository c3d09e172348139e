import { json } from '@meseta/process';
import { systemStats } from '@meseta/telemetry';
import { type DaemonRoute, openTo } from './router.ts';

/** The routes of the actor `system`: `/system/stats.json`. */
export const systemRoutes: readonly DaemonRoute[] = [
  {
    path: '/stats',
    realm: undefined,
    help: {
      summary: 'Shows load and memory of the machine.',
      parameters: { jsonp: 'Name of a function to wrap the answer into.' },
      statuses: { 200: 'Load averages, number of CPUs, memory in bytes.' },
    },
    does: openTo('Load and memory of the machine, as in Mesos.', request => {
      const { cpus, load, memFreeBytes, memTotalBytes } = systemStats();
      const [avg_load_1min, avg_load_5min, avg_load_15min] = load;
      const stats = {
        avg_load_15min,
        avg_load_1min,
        avg_load_5min,
        cpus_total: cpus,
        mem_free_bytes: memFreeBytes,
        mem_total_bytes: memTotalBytes,
      };
      return json(stats, request);
    }),
  },
];
