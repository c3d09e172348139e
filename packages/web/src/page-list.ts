/** The pages that are in the heading, in the list of keys and in what Ctrl+K finds. */
import { addresses } from './addresses.ts';

/** A page. */
export interface ListedPage {
  readonly to: string;
  readonly title: string;
  /** The letter that goes to it after `g`. */
  readonly key: string;
}

/** The pages in groups: what the cluster has, who gets what, what operators do, how it is. */
export const pageGroups: readonly { readonly title: string; readonly pages: readonly ListedPage[] }[] = [
  {
    title: 'Cluster',
    pages: [
      { to: addresses.overview(), title: 'Overview', key: 'o' },
      { to: addresses.agents(), title: 'Agents', key: 'a' },
      { to: addresses.frameworks(), title: 'Frameworks', key: 'f' },
      { to: addresses.tasks(), title: 'Tasks', key: 't' },
    ],
  },
  {
    title: 'Allocation',
    pages: [
      { to: addresses.roles(), title: 'Roles', key: 'r' },
      { to: addresses.offers(), title: 'Offers', key: 'l' },
      { to: addresses.why(), title: 'Why', key: 'w' },
    ],
  },
  {
    title: 'Operation',
    pages: [
      { to: addresses.run(), title: 'Run', key: 'n' },
      { to: addresses.maintenance(), title: 'Maintenance', key: 'm' },
    ],
  },
  {
    title: 'Observation',
    pages: [
      { to: addresses.events(), title: 'Events', key: 'e' },
      { to: addresses.metrics(), title: 'Metrics', key: 's' },
      { to: addresses.about(), title: 'About', key: 'b' },
    ],
  },
];

/** All of them, in order. */
export const pages: readonly ListedPage[] = pageGroups.flatMap(group => group.pages);
