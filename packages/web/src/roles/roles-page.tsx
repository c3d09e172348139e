import { useMemo, useState } from 'react';
import type { Action } from '../actions/action.ts';
import { ActionBar } from '../actions/action-bar.tsx';
import { ActionDialog } from '../actions/action-dialog.tsx';
import { otherRoleActions, type RoleObject } from '../actions/role-actions.ts';
import { useSums } from '../feed/hooks.ts';
import { useNow } from '../ui/clock.ts';
import { moment } from '../ui/format.ts';
import { Notice, Skeleton } from '../ui/notice.tsx';
import type { RolesState } from './roles-reader.ts';
import { RolesTable } from './roles-table.tsx';
import { rolesReader, useRoles } from './use-roles.ts';

/** An action whose dialogue is open. It is kept by the name of the role: rows move while it is open. */
interface Opened {
  readonly action: Action<RoleObject>;
  readonly name: string;
}

const anyRole: RoleObject = { role: undefined };

/** All roles: their shares, weights and quotas, and how to change them. */
export function RolesPage() {
  const state = useRoles();
  const total = useSums()?.total;
  const [opened, setOpened] = useState<Opened>();
  const { roles } = state;
  const role = opened && roles?.get(opened.name);
  const target = useMemo(() => ({ role }), [role]);
  return (
    <>
      <h1>Roles</h1>
      <div className="roles-other">
        <span>Of another role:</span>
        <ActionBar actions={otherRoleActions} of={anyRole} label="Actions on another role" />
      </div>
      <ReadingProblem state={state} />
      {roles ? (
        <RolesTable roles={roles} total={total} onOpen={(action, { name }) => setOpened({ action, name })} />
      ) : (
        state.problem === undefined && <Skeleton label="Loading roles" />
      )}
      {opened && role && <ActionDialog action={opened.action} of={target} onClose={() => setOpened(undefined)} />}
    </>
  );
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
