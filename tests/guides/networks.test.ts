/** The commands of docs/networks.md, run as printed. */
import { needs } from '@meseta/system/testing';
import { tryGuide } from '../support/guides/try-guide.ts';

const plugins = needs.package('containernetworking-plugins', '/usr/lib/cni/bridge');

tryGuide('docs/networks.md', needs.root('the agent makes networks'), plugins);
