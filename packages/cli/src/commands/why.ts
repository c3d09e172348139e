import { whyCommand } from './framework-why.ts';

export default whyCommand('why');
