/** What a browser gets from a master that cannot send it to a leader: a page that waits for one. */
import { createHash } from 'node:crypto';
import { accepts, failure, type Request, type Response } from '@meseta/process';

/** Whether a browser asks for the web UI. Programs that take anything do not. */
export function asksForPage({ method, url, headers: { accept } }: Request): boolean {
  if (method !== 'GET' || !/^\/(?:\?|$)/.test(url)) return false;
  return accept?.includes('text/html') === true && accepts(accept, 'text/html');
}

/** How often a browser asks again, in seconds: an election takes about ten. */
const AGAIN_SECONDS = 2;

/** Asks until there is another answer, and loads that: it keeps what follows the `#` of the address, which a refresh by HTTP does not. */
const script = `const again = async () => {
  // This master may be away, too, while it is started again.
  const answer = await fetch('/', { redirect: 'manual', headers: { Accept: 'text/html' } }).catch(() => undefined);
  if (answer && answer.status !== 503) location.reload();
  else setTimeout(again, ${AGAIN_SECONDS * 1000});
};
setTimeout(again, ${AGAIN_SECONDS * 1000});`;

/** The script, the requests that it makes, and nothing else. */
const policy = [
  "default-src 'none'",
  `script-src 'sha256-${createHash('sha256').update(script).digest('base64')}'`,
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Returns a page in place of a failure: it waits until a master leads, and goes there. */
export function waitingPage(code: 'RECOVERING' | 'NO_LEADER', words: string): Response {
  const body = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>No master leads · Meseta</title></head>
<body><main><h1>No master leads now</h1>
<p>${asHtml(words)}. Tasks go on. This page asks again every ${AGAIN_SECONDS} seconds, and goes to the master that leads.</p>
<p>When it takes longer than an election, look at the masters and at ZooKeeper.</p></main>
<script>${script}</script>
</body></html>
`;
  const refusal = failure(code);
  const headers = {
    ...refusal.headers,
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': policy,
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
  };
  return { ...refusal, headers, body };
}

/** Host names are what masters say of themselves. */
const asHtml = (text: string): string => text.replace(/[&<>"]/g, character => `&#${character.charCodeAt(0)};`);
