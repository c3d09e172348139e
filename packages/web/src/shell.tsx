import { Link, Outlet, useRouter } from '@tanstack/react-router';
import { useEffect } from 'react';
import { ActionHost } from './actions/action-host.tsx';
import { ActionNewsList } from './actions/news-list.tsx';
import { addresses } from './addresses.ts';
import { useFeed, useFeedStatus, useHasData, useStatusPart } from './feed/hooks.ts';
import { Keyboard } from './keys/keyboard.tsx';
import { pageGroups } from './page-list.ts';
import { SessionBar } from './session/session-bar.tsx';
import { SignIn } from './session/sign-in.tsx';
import { useNow } from './ui/clock.ts';
import { focusPage, isFocusFree } from './ui/focus-page.ts';
import { bytes, moment } from './ui/format.ts';
import { useHasUnfinished } from './unfinished.ts';

/** What is around every page: the ways to the others, and how fresh the data are. */
export function Shell() {
  const phase = useStatusPart(status => status.phase);
  const hasData = useHasData();
  const hasUnfinished = useHasUnfinished();
  useEffect(() => {
    // The master that served this page redirects to the one that leads; the browser keeps what follows the #.
    if (phase === 'moved' && !hasUnfinished) location.reload();
  }, [phase, hasUnfinished]);
  useFocusOnPage();
  const isStale = phase !== 'live' && hasData;
  return (
    <>
      <button type="button" className="skip" onClick={() => document.getElementById('main')?.focus()}>
        Skip to the contents
      </button>
      <header className="header">
        <Link to={addresses.overview()} className="brand">
          Meseta
        </Link>
        <nav aria-label="Pages">
          {pageGroups.map(({ title, pages }) => (
            <ul key={title} aria-label={title}>
              {pages.map(page => (
                <li key={page.to}>
                  <Link to={page.to} activeOptions={{ exact: page.to === '/', includeSearch: false }}>
                    {page.title}
                  </Link>
                </li>
              ))}
            </ul>
          ))}
        </nav>
        <Keyboard />
        <span className="host">{location.host}</span>
        <SessionBar />
      </header>
      <FeedBanner />
      <ActionNewsList />
      <main id="main" tabIndex={-1} data-stale={isStale}>
        <ActionHost>
          <Outlet />
        </ActionHost>
      </main>
      <SignIn />
    </>
  );
}

/** Moves the focus to a page that has come, when what had it went with the page before: a row, a choice of the palette. */
function useFocusOnPage(): void {
  const router = useRouter();
  useEffect(
    () =>
      router.subscribe('onRendered', ({ fromLocation, pathChanged }) => {
        if (fromLocation !== undefined && pathChanged && isFocusFree()) focusPage();
      }),
    [router],
  );
}

/** Says when the data are not live: how old they are, why, and what happens next. */
function FeedBanner() {
  const feed = useFeed();
  const now = useNow();
  const hasUnfinished = useHasUnfinished();
  const { phase, dataFrom, problem, retryAt, attempt, received } = useFeedStatus();
  if (phase === 'live') return <div role="status" />;
  if (phase === 'loading' && dataFrom === undefined) {
    return (
      <div className="banner" role="status">
        Loading the cluster{received > 0 && `: ${bytes(received)}`}
      </div>
    );
  }
  const from = dataFrom === undefined ? 'no data yet' : `data from ${moment(dataFrom / 1000, now)}`;
  if (phase === 'unauthenticated') {
    return (
      <div className="banner" role="status" data-tone="warning">
        <strong>Not signed in, {from}.</strong>
      </div>
    );
  }
  // Also while it asks once more whether that is still so.
  if (problem?.code === 'NOT_LEADING') {
    return (
      <div className="banner" role="status" data-tone="warning">
        <strong>Another master leads, {from}.</strong>
        {hasUnfinished && (
          <>
            {' '}
            This page stays, because what you have begun here would be lost. Nothing can be sent from here: copy what
            you need.{' '}
            <button type="button" onClick={() => location.reload()}>
              Go to the leading master
            </button>
          </>
        )}
      </div>
    );
  }
  const wait = retryAt === undefined ? 0 : Math.max(0, Math.ceil((retryAt - now) / 1000));
  return (
    <div className="banner" role={dataFrom === undefined ? 'alert' : 'status'} data-tone="warning">
      <strong>Reconnecting, {from}.</strong> {problem?.message}
      {problem?.code && <code> {problem.code}</code>}
      {phase === 'waiting' && (
        <>
          {' '}
          <span>
            Attempt {attempt} in {wait} s.
          </span>{' '}
          <button type="button" onClick={() => feed.retry()}>
            Try now
          </button>
        </>
      )}
    </div>
  );
}
