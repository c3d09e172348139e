/** The commands of docs/isolation.md, run as printed. */
import { needs } from '@meseta/system/testing';
import { tryGuide } from '../support/guides/try-guide.ts';

tryGuide('docs/isolation.md', needs.root('it makes cgroups and namespaces'));
