import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { parsePort } from './playground-ports.ts';

export interface StartOptions {
  readonly fresh: boolean;
  /** State and logs. */
  readonly directory: string;
  /** The clusters are at 127.0.0.<first>, <first>+1 and <first>+2, the hub is at <first>+3. */
  readonly firstAddress: number;
  readonly apiPort: number;
  readonly dnsPort: number;
  readonly temporalPort: number;
  readonly httpPort: number;
}

export type ParsedOptions =
  | { readonly kind: 'start'; readonly options: StartOptions }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly message: string };

export const HELP = `Brings up a federation to play with: Temporal, a Kubernetes hub with three member clusters, and Sluice, on loopback addresses only.

  npm start                             in the foreground; Ctrl-C stops everything
  npm start -- --fresh                  forgets all state first
  npm start -- --api-port PORT          Sluice's HTTP API (8080)
  npm start -- --dns-port PORT          Sluice's DNS server, udp and tcp (5300)
  npm start -- --temporal-port PORT     Temporal (7233); its UI is 1000 above (8233)
  npm start -- --http-port PORT         the gateways of the clusters, at 127.0.0.11, .12 and .13 (8088)
  npm start -- --first-address N        the clusters are at 127.0.0.N, N+1 and N+2, the hub at N+3 (11)
  npm start -- --directory DIR          state and logs (.sluice)
  npm start -- --help                   this text

Tools are kept in ~/.cache/sluice. TEMPORAL_ADDRESS names a Temporal server that runs already.
`;

/** Reads the flags of `npm start`. */
export function parseOptions(args: readonly string[]): ParsedOptions {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        fresh: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
        directory: { type: 'string', default: '.sluice' },
        'first-address': { type: 'string', default: '11' },
        'api-port': { type: 'string', default: '8080' },
        'dns-port': { type: 'string', default: '5300' },
        'temporal-port': { type: 'string', default: '7233' },
        'http-port': { type: 'string', default: '8088' },
      },
    });
    if (values.help) return { kind: 'help' };
    const options: StartOptions = {
      fresh: values.fresh,
      directory: resolve(values.directory),
      firstAddress: parseFirstAddress(values['first-address']),
      apiPort: parsePort(values['api-port'], '--api-port'),
      dnsPort: parsePort(values['dns-port'], '--dns-port'),
      temporalPort: parsePort(values['temporal-port'], '--temporal-port'),
      httpPort: parseGatewayPort(values['http-port']),
    };
    return { kind: 'start', options };
  } catch (error) {
    return { kind: 'wrong', message: error instanceof Error ? error.message : String(error) };
  }
}

/** Contour serves no Gateway at a port below 1024. */
function parseGatewayPort(text: string): number {
  const port = parsePort(text, '--http-port');
  if (port > 1_023) return port;
  throw new Error(`--http-port: found ${port}; allowed: 1024 to 65535`);
}

/** The last octet of the first of four addresses in a row, none of them 127.0.0.1. */
function parseFirstAddress(text: string): number {
  const first = Number(text);
  if (Number.isInteger(first) && first >= 2 && first <= 251) return first;
  throw new Error(`--first-address: found "${text}"; allowed: a whole number from 2 to 251`);
}
