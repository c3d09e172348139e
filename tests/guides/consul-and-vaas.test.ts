/** The commands of docs/consul-and-vaas.md, run as printed. */
import { tryGuide } from '../support/guides/try-guide.ts';

tryGuide('docs/consul-and-vaas.md');
