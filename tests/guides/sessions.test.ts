/** The commands of docs/sessions.md, run as printed. */
import { tryGuide } from '../support/guides/try-guide.ts';

tryGuide('docs/sessions.md');
