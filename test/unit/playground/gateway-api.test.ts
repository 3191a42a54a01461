import { describe, expect, it } from 'vitest';
import { envoyPort, listenerPort, publicGateway } from '../../../playground/gateway-api.ts';
import { ownGatewayAddress } from '../../../playground/own-gateway.ts';

describe('the public Gateway', () => {
  it.each([1_024, 2_046, 8_000, 8_001, 8_088, 16_448, 65_535])(
    'has a listener for which Envoy listens on %i',
    (port) => {
      const listener = listenerPort(port);
      expect(listener).toBeGreaterThanOrEqual(1);
      expect(listener).toBeLessThanOrEqual(65_535);
      expect(envoyPort(listener)).toBe(port);
    },
  );

  it('cannot be at a port that Contour leaves out', () => {
    expect(() => listenerPort(80)).toThrow('port 80 cannot be that of a gateway: Contour allows 1024 to 65535');
  });

  it('takes routes of every namespace at the port that serves Ingresses', () => {
    const gateway = publicGateway({ http: 8_088, https: 16_448 }).find(({ kind }) => kind === 'Gateway');
    expect(gateway).toMatchObject({
      metadata: { namespace: 'gateways', name: 'public' },
      spec: {
        gatewayClassName: 'contour',
        listeners: [{ name: 'http', port: 88, allowedRoutes: { namespaces: { from: 'All' } } }, { port: 8_448 }],
      },
    });
  });
});

describe('a Gateway beside it', () => {
  it('has an address that no cluster has', () => {
    expect(ownGatewayAddress('127.0.0.21')).toBe('127.0.1.21');
  });
});
