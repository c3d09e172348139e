/** docs/agents-through-the-master.md: an agent that is read through its master. */
import { tryGuide } from '../support/guides/try-guide.ts';

tryGuide('docs/agents-through-the-master.md');
