/** The story of docs/recovery.md: an agent is killed, a task ends meanwhile, and the next agent reports it. */
import { tryGuide } from '../support/guides/try-guide.ts';

tryGuide('docs/recovery.md');
