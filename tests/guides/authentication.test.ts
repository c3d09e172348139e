/** The commands of docs/authentication.md, run as printed. */
import { tryGuide } from '../support/guides/try-guide.ts';

tryGuide('docs/authentication.md');
