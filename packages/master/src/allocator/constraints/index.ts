export { OfferConstraints, OfferConstraintsError } from './offer-constraints.ts';
