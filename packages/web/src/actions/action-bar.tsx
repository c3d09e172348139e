import { useCallback } from 'react';
import { ReasonButton } from '../ui/reason-button.tsx';
import type { Action } from './action.ts';
import { useActionHost, useActionObject } from './action-host.tsx';
import { useReasons } from './use-reasons.ts';

/** The buttons of the actions on the thing that a page is about. */
export function ActionBar<T>(props: {
  readonly actions: readonly Action<T>[];
  readonly of: T;
  /** Names the thing, with its kind: `agent 4f-S1`. */
  readonly id: string;
  /** What the buttons are for, for those who do not see them: `Actions on web1`. */
  readonly label: string;
}) {
  const { actions, of, id, label } = props;
  const host = useActionHost();
  const find = useCallback(() => of, [of]);
  useActionObject(id, find);
  return <ActionButtons actions={actions} of={of} label={label} onOpen={action => host.open(id, action, of)} />;
}

/** Buttons of actions. Those that cannot be done are there as well, and say why. */
export function ActionButtons<T>(props: {
  readonly actions: readonly Action<T>[];
  readonly of: T;
  readonly label: string;
  /** What follows the name of each button for those who do not see in which row it is: `of role web`. */
  readonly suffix?: string;
  readonly onOpen: (action: Action<T>) => void;
}) {
  const { actions, of, label, suffix, onOpen } = props;
  const reasons = useReasons(actions, of);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for fields of a form
    <div className="actions" role="group" aria-label={label}>
      {actions.map((action, index) => (
        <ReasonButton
          key={action.name}
          reason={reasons[index]}
          place="tooltip"
          label={suffix === undefined ? undefined : `${action.title} ${suffix}`}
          opensDialog
          onPress={() => onOpen(action)}
        >
          {action.title}
        </ReasonButton>
      ))}
    </div>
  );
}
