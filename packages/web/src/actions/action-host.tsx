import { useLocation } from '@tanstack/react-router';
import { createContext, type ReactNode, use, useEffect, useMemo, useState } from 'react';
import type { Action } from './action.ts';
import { ActionDialog } from './action-dialog.tsx';

/** The place of the dialogue of an action: beside the page, so that it stays open when the page has nothing to show for a while. */
interface Host {
  /** Opens a dialogue. @param id names the thing, with its kind: `agent 4f-S1`. */
  open<T>(id: string, action: Action<T>, of: T): void;
  /** Says how things are now. @param find gets the rest of the id after `prefix`; returns undefined for what is not there. */
  update(prefix: string, find: (rest: string) => unknown): void;
}

interface Opened {
  readonly id: string;
  readonly action: Action<unknown>;
  /** As it was last. */
  readonly of: unknown;
  readonly isThere: boolean;
}

const HostContext = createContext<Host | undefined>(undefined);

/** Returns where dialogues of actions open. @throws {Error} outside of {@link ActionHost}. */
export function useActionHost(): Host {
  const host = use(HostContext);
  if (host === undefined) throw new Error('There is no ActionHost around this component');
  return host;
}

/** Keeps the thing up to date that the dialogue is about, while the component is there. */
export function useActionObject(prefix: string, find: (rest: string) => unknown): void {
  const host = useActionHost();
  useEffect(() => host.update(prefix, find), [host, prefix, find]);
  useEffect(() => () => host.update(prefix, () => undefined), [host, prefix]);
}

/** Around all pages: shows the dialogue of the action that is open. */
export function ActionHost({ children }: { readonly children: ReactNode }) {
  const [opened, setOpened] = useState<Opened>();
  const { pathname } = useLocation();
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page is about other things
  useEffect(() => setOpened(undefined), [pathname]);
  const host = useMemo(
    (): Host => ({
      open: (id, action, of) => setOpened({ id, action: action as Action<unknown>, of, isThere: true }),
      update: (prefix, find) =>
        setOpened(known => {
          if (!known?.id.startsWith(prefix)) return known;
          const of = find(known.id.slice(prefix.length));
          if (of !== undefined) return { ...known, of, isThere: true };
          return known.isThere ? { ...known, isThere: false } : known;
        }),
    }),
    [],
  );
  return (
    <HostContext value={host}>
      {children}
      {opened && (
        <ActionDialog
          key={`${opened.id} ${opened.action.name}`}
          action={opened.action}
          of={opened.of}
          isThere={opened.isThere}
          onClose={() => setOpened(undefined)}
        />
      )}
    </HostContext>
  );
}
