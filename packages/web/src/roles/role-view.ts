import type { Shape } from '../requests/shape.ts';

/** A role as `/roles` shows it. Amounts are by the name of the resource. */
export interface RoleView {
  readonly name: string;
  readonly weight: number;
  readonly quota: {
    readonly guarantee: Readonly<Record<string, number>>;
    readonly limit: Readonly<Record<string, number>>;
    readonly consumed: Readonly<Record<string, number>>;
  };
  readonly allocated: Readonly<Record<string, number>>;
  readonly offered: Readonly<Record<string, number>>;
  readonly reserved: Readonly<Record<string, number>>;
  readonly frameworks: readonly string[];
}

const amounts: Shape = { '*': 'any' };

/** The form of a {@link RoleView}. */
export const roleShape: Shape = {
  ...{ name: 'string', weight: 'number', frameworks: ['string'] },
  quota: { guarantee: amounts, limit: amounts, consumed: amounts },
  ...{ allocated: amounts, offered: amounts, reserved: amounts },
};
