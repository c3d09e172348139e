/** The groups and commands of docs/pods.md. */
import { tryGuide } from '../support/guides/try-guide.ts';

tryGuide('docs/pods.md');
