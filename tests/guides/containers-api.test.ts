/** The messages and commands of docs/containers-api.md. */
import { tryGuide } from '../support/guides/try-guide.ts';

tryGuide('docs/containers-api.md');
