import { useMemo } from 'react';
import { ActionBar } from '../actions/action-bar.tsx';
import { otherRoleActions, type RoleObject } from '../actions/role-actions.ts';
import { useAnswer } from '../answers/use-answer.ts';
import { WhenAnswered } from '../answers/when-answered.tsx';
import { useSums } from '../feed/hooks.ts';
import { PartNote } from '../permissions/part-note.tsx';
import { roles } from '../roles/roles.ts';
import type { Quantities } from '../store/quantities.ts';
import { PageHeading } from '../ui/page-heading.tsx';
import { RolesTable } from './roles-table.tsx';

const anyRole: RoleObject = { role: undefined };

/** All roles: their shares, weights and quotas, and how to change them. */
export function RolesPage() {
  const answer = useAnswer(roles);
  const total = useTotal();
  return (
    <>
      <PageHeading title="Roles" />
      <div className="roles-other">
        <span>Of another role:</span>
        <ActionBar actions={otherRoleActions} of={anyRole} id="any role" label="Actions on another role" />
      </div>
      <PartNote of="roles">Only roles that you may see are here</PartNote>
      <WhenAnswered what="The roles" answer={answer} lines={6}>
        {({ byName }) => <RolesTable roles={byName} total={total} />}
      </WhenAnswered>
    </>
  );
}

/** Returns what the cluster has. It is the same object until that changes, which is seldom. */
function useTotal(): Quantities | undefined {
  const text = JSON.stringify(useSums()?.total);
  return useMemo(() => (text === undefined ? undefined : JSON.parse(text)), [text]);
}
