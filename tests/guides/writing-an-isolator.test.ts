/** The commands of docs/writing-an-isolator.md, run as printed. */
import { needs } from '@meseta/system/testing';
import { tryGuide } from '../support/guides/try-guide.ts';

tryGuide('docs/writing-an-isolator.md', needs.root('it makes mounts and namespaces'));
