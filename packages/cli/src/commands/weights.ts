/** The commands of `meseta weights`. */
import type { WeightInfo } from '@meseta/protocol';
import { command, UsageError } from '../command.ts';
import { listOptions, printList } from '../list.ts';
import { clusterOptions, withMaster } from '../master-option.ts';
import { write } from '../output.ts';
import type { Column } from '../table.ts';

const columns: Column<WeightInfo>[] = [
  { header: 'ROLE', value: ({ role = '*' }) => role, shrinks: 'end' },
  { header: 'WEIGHT', value: ({ weight }) => String(weight), align: 'right' },
];

/** `meseta weights show`. */
export const weightsShow = command({
  name: 'weights show',
  summary: 'Show the weights of roles; roles that are not listed have 1',
  options: { ...listOptions, quiet: { ...listOptions.quiet, help: 'Print the roles only, one a line' } },
  run: ({ master, ...how }) =>
    withMaster(master, async client => {
      const rows = (await client.call({ type: 'GET_WEIGHTS' }))?.get_weights?.weight_infos ?? [];
      printList({ columns, rows, idOf: ({ role = '*' }) => role }, how);
      return 0;
    }),
});

/** `meseta weights set`. */
export const weightsSet = command({
  name: 'weights set',
  summary: 'Set weights of roles: a role with 2 gets twice as much as one with 1',
  arguments: 'ROLE=WEIGHT …',
  options: clusterOptions,
  notes: `Weights of roles that are not named remain. The master remembers them, and they win over --weights.

  meseta weights set web=2 batch=0.5`,
  run: ({ master, json }, pairs) => {
    if (pairs.length === 0) throw new UsageError('Which weights? Give some, such as web=2');
    const weight_infos = pairs.map(readWeight);
    const twice = weight_infos.find(({ role }, index) => weight_infos.findIndex(each => each.role === role) < index);
    if (twice) throw new UsageError(`Role '${twice.role}' is given twice`);
    return withMaster(master, async client => {
      await client.call({ type: 'UPDATE_WEIGHTS', update_weights: { weight_infos } });
      for (const info of weight_infos) {
        await write('stdout', `${json ? JSON.stringify(info) : `${info.role}=${info.weight}`}\n`);
      }
      return 0;
    });
  },
});

function readWeight(pair: string): { role: string; weight: number } {
  const at = pair.lastIndexOf('=');
  const [role, text] = [pair.slice(0, Math.max(at, 0)), pair.slice(at + 1)];
  const weight = Number(text);
  if (role !== '' && text !== '' && Number.isFinite(weight) && weight > 0) return { role, weight };
  throw new UsageError(`'${pair}' is no weight; expecting ROLE=WEIGHT with a number above zero, such as web=2`);
}
