import type { LeafKind } from '../../../plan/types.ts';
import { GATEWAY_KIND } from './gateway.ts';
import { HTTP_ROUTE_KIND } from './http-route.ts';
import { INGRESS_KIND } from './ingress.ts';
import type { Kind } from './kind.ts';
import { ROUTE_KIND } from './route.ts';
import { SECRET_KIND } from './secret.ts';
import { SERVICE_KIND } from './service.ts';

const KINDS: Readonly<Record<LeafKind, Kind>> = {
  Ingress: INGRESS_KIND,
  HTTPRoute: HTTP_ROUTE_KIND,
  Gateway: GATEWAY_KIND,
  Service: SERVICE_KIND,
  Route: ROUTE_KIND,
  Secret: SECRET_KIND,
};

/** What is special to a kind of object; everything else about leaves is the same for all. */
export function kindOf(kind: LeafKind): Kind {
  return KINDS[kind];
}
