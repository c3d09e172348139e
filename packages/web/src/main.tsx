import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { FeedClient } from './feed/client.ts';
import { FeedContext } from './feed/hooks.ts';
import { newRouter } from './router.tsx';
import './styles.css';

const element = document.getElementById('root');
if (element === null) throw new Error('The page has no element with the id root');
createRoot(element).render(
  <StrictMode>
    <FeedContext value={new FeedClient()}>
      <RouterProvider router={newRouter()} />
    </FeedContext>
  </StrictMode>,
);
