/**
 * What a browser runs first: a small file of its own, so that the worker asks the master for the cluster while the rest of the page is
 * still on its way.
 */
import { FeedClient } from './feed/client.ts';

/** The page's channel to the worker. */
export const feed = new FeedClient();
