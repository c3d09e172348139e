import type { ColumnSpec } from '../ui/body-row.tsx';
import { taskColumns } from './columns.tsx';

const message: ColumnSpec = {
  name: 'message',
  title: 'Why',
  width: 'minmax(24ch, 3fr)',
  render: ({ message: text = '' }) => <span title={String(text)}>{text}</span>,
};

const named = (...names: string[]) => taskColumns.filter(({ name }) => names.includes(name));

/** The columns of tasks that have failed: which, what became of them, why, where and when. */
export const failureColumns: readonly ColumnSpec[] = [
  ...named('id', 'name', 'state'),
  message,
  ...named('agent', 'updated'),
];
