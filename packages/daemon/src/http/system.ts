import { json, type Route } from '@meseta/process';
import { systemStats } from '../metrics/system.ts';

/** The routes of the actor `system`: `/system/stats.json`. */
export const systemRoutes: readonly Route[] = [
  {
    path: '/stats',
    help: {
      summary: 'Shows load and memory of the machine.',
      parameters: { jsonp: 'Name of a function to wrap the answer into.' },
      statuses: { 200: 'Load averages, number of CPUs, memory in bytes.' },
    },
    handler(request) {
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
    },
  },
];
