/** The agents of docs/agent.md: described, changed, emptied, and with resources that are offered twice. */
import { tryGuide } from '../support/guides/try-guide.ts';

tryGuide('docs/agent.md');
