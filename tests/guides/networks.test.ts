/** The commands of docs/networks.md, run as printed. */
import { needs } from '@meseta/system/testing';
import { tryGuide } from '../support/guides/try-guide.ts';

tryGuide(
  'docs/networks.md',
  needs.root('the agent makes networks'),
  needs.package('containernetworking-plugins', '/usr/lib/cni/bridge'),
);
