/** The commands of `meseta quota`. */
import type { QuotaConfig } from '@meseta/protocol';
import { printScalars, readScalars } from '../amounts.ts';
import { command, UsageError } from '../command.ts';
import { LookupError } from '../find-task.ts';
import { listOptions, printList } from '../list.ts';
import { clusterOptions, withMaster } from '../master-option.ts';
import { write } from '../output.ts';
import type { Column } from '../table.ts';

/** What `/roles` says about the quota of a role. */
interface RoleQuota {
  readonly guarantee?: Readonly<Record<string, number>>;
  readonly limit?: Readonly<Record<string, number>>;
  readonly consumed?: Readonly<Record<string, number>>;
}

type Row = QuotaConfig & { readonly consumed: RoleQuota['consumed'] };

const columns: Column<Row>[] = [
  { header: 'ROLE', value: ({ role }) => role, shrinks: 'end' },
  { header: 'GUARANTEE', value: ({ guarantees }) => printScalars(guarantees) },
  { header: 'LIMIT', value: ({ limits }) => printScalars(limits) },
  { header: 'CONSUMED', value: ({ consumed }) => printScalars(consumed), optional: true },
];

/** `meseta quota show`. */
export const quotaShow = command({
  name: 'quota show',
  summary: 'Show the quotas of roles, and what counts against them',
  arguments: '[ROLE …]',
  options: { ...listOptions, quiet: { ...listOptions.quiet, help: 'Print the roles only, one a line' } },
  notes: 'CONSUMED is what tasks of the role hold, and what is reserved for it.',
  run: ({ master, ...how }, roles) =>
    withMaster(master, async client => {
      const configs = (await client.call({ type: 'GET_QUOTA' }))?.get_quota?.status.configs ?? [];
      for (const role of roles) {
        if (!configs.some(config => config.role === role)) throw noQuota(role);
      }
      const view = (await client.http.get('/roles')) as { roles?: { name: string; quota?: RoleQuota }[] };
      const uses = new Map((view.roles ?? []).map(({ name, quota }) => [name, quota?.consumed]));
      const rows = configs
        .filter(({ role }) => roles.length === 0 || roles.includes(role))
        .map(config => ({ ...config, consumed: uses.get(config.role) }));
      printList({ columns, rows, idOf: ({ role }) => role }, how);
      return 0;
    }),
});

/** `meseta quota set`. */
export const quotaSet = command({
  name: 'quota set',
  summary: 'Set what a role is guaranteed, and what it may have at most',
  arguments: 'ROLE',
  options: {
    ...clusterOptions,
    guarantee: { type: 'string', value: 'AMOUNTS', help: 'What is kept free for the role, such as cpus:2;mem:512' },
    limit: { type: 'string', value: 'AMOUNTS', help: 'What the role gets at most; other resources have no limit' },
    force: {
      type: 'boolean',
      help: 'Also when the cluster has less than is guaranteed, or the role holds more than the limit',
    },
  },
  notes: `Replaces the quota that the role has. Quotas are of top-level roles, and count for all roles below them.

  meseta quota set web --guarantee 'cpus:2;mem:1024' --limit cpus:8`,
  run: ({ master, json, guarantee, limit, force }, [role, ...others]) => {
    if (role === undefined || others.length > 0) throw new UsageError('Which role? Give one');
    if (guarantee === undefined && limit === undefined)
      throw new UsageError('How much? Give --guarantee, --limit or both');
    const config: QuotaConfig = {
      role,
      ...(guarantee !== undefined && { guarantees: readScalars('--guarantee', guarantee) }),
      ...(limit !== undefined && { limits: readScalars('--limit', limit) }),
    };
    return withMaster(master, async client => {
      await client.call({ type: 'UPDATE_QUOTA', update_quota: { quota_configs: [config], ...(force && { force }) } });
      await write('stdout', `${json ? JSON.stringify(config) : role}\n`);
      return 0;
    });
  },
});

/** `meseta quota remove`. */
export const quotaRemove = command({
  name: 'quota remove',
  summary: 'Take the quotas of roles away: they have no guarantee and no limit any more',
  arguments: 'ROLE …',
  options: clusterOptions,
  run: ({ master, json }, roles) => {
    if (roles.length === 0) throw new UsageError('Which role? Give one or several');
    const each = [...new Set(roles)];
    return withMaster(master, async client => {
      const configs = (await client.call({ type: 'GET_QUOTA' }))?.get_quota?.status.configs ?? [];
      const missing = each.find(role => !configs.some(config => config.role === role));
      if (missing !== undefined) throw noQuota(missing);
      // With force, because a cluster that has too little for other guarantees is no reason to keep this one.
      const update_quota = { force: true, quota_configs: each.map(role => ({ role })) };
      await client.call({ type: 'UPDATE_QUOTA', update_quota });
      for (const role of each) await write('stdout', `${json ? JSON.stringify({ role }) : role}\n`);
      return 0;
    });
  },
});

function noQuota(role: string): LookupError {
  return new LookupError(`Role '${role}' has no quota; 'meseta quota show' lists those that have one`);
}
