export { explanationInSteps, explanationView } from './explanation.ts';
export { offersView } from './offers.ts';
export { readQuestion } from './question.ts';
