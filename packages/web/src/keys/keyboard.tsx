import { useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import { Dialog } from '../ui/dialog.tsx';
import { isTyping } from '../ui/row-keys.ts';
import { keyList, type Pending, pressed } from './shortcuts.ts';

const importPalette = () => import('./palette.tsx');
const Palette = lazy(async () => ({ default: (await importPalette()).Palette }));

/** Loads the palette beforehand, so that the first letters that are typed reach it. Never rejects. */
export async function loadPalette(): Promise<void> {
  await importPalette().catch(() => undefined); // opening it tries again
}

/** Listens to the keys that work on every page, and shows what they open. */
export function Keyboard() {
  const navigate = useNavigate();
  const [opened, setOpened] = useState<'help' | 'find'>();
  const pending = useRef<Pending>(undefined);
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const { key, ctrlKey, metaKey, altKey, timeStamp, target } = event;
      if (document.querySelector('dialog[open]') !== null) return;
      const press = { key, ctrlKey, metaKey, altKey, timeStamp, isTyping: isTyping(target) };
      const [next, action] = pressed(pending.current, press);
      pending.current = next;
      if (action === undefined) return;
      event.preventDefault();
      if (action.type === 'go') void navigate({ to: action.to });
      else if (action.type === 'filter') document.querySelector<HTMLElement>('main input[type="search"]')?.focus();
      else setOpened(action.type);
    };
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  }, [navigate]);
  const close = () => setOpened(undefined);
  return (
    <>
      <button type="button" className="find-button" onClick={() => setOpened('find')}>
        Find <kbd>Ctrl+K</kbd>
      </button>
      {opened === 'find' && (
        <Suspense>
          <Palette onClose={close} />
        </Suspense>
      )}
      {opened === 'help' && <KeyHelp onClose={close} />}
    </>
  );
}

function KeyHelp({ onClose }: { readonly onClose: () => void }) {
  return (
    <Dialog title="Keys" onClose={onClose}>
      <dl className="key-list">
        {keyList.map(([keys, does]) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <div className="dialog-buttons">
        <button type="button" onClick={onClose}>
          Close
        </button>
      </div>
    </Dialog>
  );
}
