import { useMemo } from 'react';
import { ActionBar } from '../actions/action-bar.tsx';
import { otherRoleActions, type RoleObject } from '../actions/role-actions.ts';
import { useSums } from '../feed/hooks.ts';
import type { RolesState } from '../roles/roles-reader.ts';
import { rolesReader, useRoles } from '../roles/use-roles.ts';
import type { Quantities } from '../store/quantities.ts';
import { useNow } from '../ui/clock.ts';
import { moment } from '../ui/format.ts';
import { Notice, Skeleton } from '../ui/notice.tsx';
import { RolesTable } from './roles-table.tsx';

const anyRole: RoleObject = { role: undefined };

/** All roles: their shares, weights and quotas, and how to change them. */
export function RolesPage() {
  const state = useRoles();
  const total = useTotal();
  const { roles } = state;
  return (
    <>
      <h1>Roles</h1>
      <div className="roles-other">
        <span>Of another role:</span>
        <ActionBar actions={otherRoleActions} of={anyRole} id="any role" label="Actions on another role" />
      </div>
      <ReadingProblem state={state} />
      {roles ? (
        <RolesTable roles={roles} total={total} />
      ) : (
        state.problem === undefined && <Skeleton label="Loading roles" />
      )}
    </>
  );
}

/** Returns what the cluster has. It is the same object until that changes, which is seldom. */
function useTotal(): Quantities | undefined {
  const text = JSON.stringify(useSums()?.total);
  return useMemo(() => (text === undefined ? undefined : JSON.parse(text)), [text]);
}

/** Says why the roles could not be read the last time, and of when those are that are shown. */
function ReadingProblem({ state: { problem, roles, readAt } }: { readonly state: RolesState }) {
  const now = useNow(60_000);
  if (problem === undefined) return null;
  const from = roles && readAt !== undefined ? `, what is shown is from ${moment(readAt / 1000, now)}` : '';
  return (
    <Notice kind="alert" title={`The roles cannot be read${from}`}>
      <p>
        {problem.message} {problem.code && <code>{problem.code}</code>}
      </p>
      <button type="button" onClick={() => rolesReader.refresh()}>
        Try again
      </button>
    </Notice>
  );
}
