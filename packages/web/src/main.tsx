import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { FeedContext } from './feed/hooks.ts';
import { loadPalette } from './keys/keyboard.tsx';
import { loadLaterPages, newRouter } from './router.tsx';
import { SessionContext } from './session/hooks.ts';
import { SessionClient } from './session/session-client.ts';
import { feed } from './start.ts';
import './styles.css';
import './styles/forms.css';
import './styles/tables.css';
import './styles/session.css';
import './styles/actions.css';
import './styles/run.css';
import './styles/plots.css';
import './styles/map.css';
import './styles/keys.css';
import './styles/why.css';
import './styles/logs.css';

const element = document.getElementById('root');
if (element === null) throw new Error('The page has no element with the id root');
const session = new SessionClient(feed);
createRoot(element).render(
  <StrictMode>
    <FeedContext value={feed}>
      <SessionContext value={session}>
        <RouterProvider router={newRouter()} />
      </SessionContext>
    </FeedContext>
  </StrictMode>,
);
const stop = feed.onStatus(loadRest);
loadRest();

/** Loads what is opened later: not while the rows that the user waits for need the connections, of which a browser makes six. */
function loadRest(): void {
  if (feed.status.phase === 'loading') return;
  stop();
  requestIdleCallback(() => void loadPalette().then(loadLaterPages));
}
