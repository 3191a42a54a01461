import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';

/** Loaded before a program: every resolver of node:dns/promises asks the name server of the test. See name-server.ts. */
const server = process.env['SLUICE_TEST_NAME_SERVER'];
const { Resolver } = dns.promises;

dns.promises.Resolver = class extends Resolver {
  constructor(options) {
    super(options);
    if (server !== undefined) this.setServers([server]);
  }
};
syncBuiltinESMExports();
