/** Loopback addresses and ports of the bench, apart from those of `npm start` and of the tests. */

const FIRST_ADDRESS = 121;
const NAMES = ['east', 'west', 'north'] as const;

export interface MemberPlace {
  readonly name: string;
  readonly address: string;
  /** Where its gateway is said to be at first, and after it has moved. */
  readonly gateways: readonly [first: string, second: string];
}

export const MEMBERS: readonly MemberPlace[] = NAMES.map((name, index) => ({
  name,
  address: `127.0.0.${FIRST_ADDRESS + index}`,
  gateways: [`127.1.0.${FIRST_ADDRESS + index}`, `127.2.0.${FIRST_ADDRESS + index}`],
}));

export const HUB = { name: 'hub', address: `127.0.0.${FIRST_ADDRESS + NAMES.length}` } as const;
export const TEMPORAL_PORT = 17_333;
export const API_PORT = 18_150;
/** At which every gateway listens. */
export const GATEWAY_PORT = 18_156;
export const DNS_PORT = 15_350;
export const ZONE = 'bench.test';
/** Of the Ingresses that the stand-in controller serves; specs say `public`. */
export const INGRESS_CLASS = 'bench';
