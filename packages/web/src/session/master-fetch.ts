/** Requests of pages to the master that note when it does not know the user any more. */

const events = new EventTarget();
const unauthenticated = 'unauthenticated';

/** Sends a request, as `fetch` does. A 401 asks the user to sign in again; the page stays as it is meanwhile. */
export async function masterFetch(url: string, init?: RequestInit): Promise<Response> {
  const response = await fetch(url, init);
  if (response.status === 401) events.dispatchEvent(new Event(unauthenticated));
  return response;
}

/** Calls `listener` after each 401. @returns a function that ends this. */
export function onUnauthenticated(listener: () => void): () => void {
  events.addEventListener(unauthenticated, listener);
  return () => events.removeEventListener(unauthenticated, listener);
}
