import type { Resource } from '@meseta/protocol/browser';
import { PlainTable } from '../ui/plain-table.tsx';
import { reservedRows } from './reserved.ts';

/** The resources of an agent by the roles that they are reserved for, with persistent volumes. */
export function AgentReservations({ resources }: { readonly resources: readonly Resource[] }) {
  const rows = reservedRows(resources);
  const hasLabels = rows.some(({ labels }) => labels !== '');
  const names = [...new Set(rows.flatMap(({ amounts }) => Object.keys(amounts)))];
  return (
    <PlainTable
      label="Resources by role"
      columns={['Role', 'Reservation', ...(hasLabels ? ['Labels'] : []), ...names, 'Volumes']}
    >
      {rows.map(({ role, kind, principal, labels, amounts, volumes }) => (
        <tr key={`${role} ${kind} ${principal} ${labels}`}>
          <th scope="row">{role}</th>
          <td>
            {kind}
            {principal && ` by ${principal}`}
          </td>
          {hasLabels && <td>{labels}</td>}
          {names.map(name => (
            <td key={name}>{amounts[name]}</td>
          ))}
          <td>{volumes.join(', ')}</td>
        </tr>
      ))}
    </PlainTable>
  );
}
