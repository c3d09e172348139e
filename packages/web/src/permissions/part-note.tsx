import { useCan } from '../permissions/can.ts';

/** Things of which the master shows each user those that he may see. */
export type ViewedThings = 'frameworks' | 'tasks' | 'roles';

/** Returns why the user sees only a part of some things; undefined: he sees all of them. */
export function usePart(of: ViewedThings | undefined): string | undefined {
  const [can] = useCan([of && { action: `view_all_${of}` }]);
  return can?.allowed === false ? (can.reason ?? 'You may not see all of them.') : undefined;
}

/** Says where tasks are counted that there may be more of them than the user sees. */
export function TaskCountNote() {
  return <PartNote of="tasks">Tasks that you may not see are not in this number</PartNote>;
}

/** Says that what is shown is a part, and why, to those who may not see all. */
export function PartNote({ of, children }: { readonly of: ViewedThings; readonly children: string }) {
  const reason = usePart(of);
  return (
    reason !== undefined && (
      <p className="quiet" role="note">
        {children}: {reason}.
      </p>
    )
  );
}
