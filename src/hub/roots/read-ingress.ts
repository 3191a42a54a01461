import { listAt, numberAt, textAt } from '../../lib/kubernetes/fields.ts';
import type { AnyObject } from '../../lib/kubernetes/objects.ts';
import { isLabelled, leafClass, type Reading, ROOT_CLASS, refused, type Site, type SiteRoute } from './reading.ts';

/** Whether an Ingress of the hub is to be served from member clusters. */
export function isIngressRoot(ingress: AnyObject): boolean {
  return isLabelled(ingress) || textAt(ingress, 'spec', 'ingressClassName') === ROOT_CLASS;
}

/** Reads an Ingress (networking.k8s.io/v1) as sites, one a hostname. */
export function readIngress(ingress: AnyObject): Reading {
  const rules = listAt(ingress, 'spec', 'rules');
  const hosts = [...new Set(rules.map((rule) => textAt(rule, 'host') ?? ''))];
  if (hosts.length === 0) return refused('it has no rules; write a rule with a host');
  const wrong = hosts.find((host) => host === '' || host.startsWith('*'));
  if (wrong !== undefined) {
    return refused(`it has a rule for ${wrong === '' ? 'all hosts' : `"${wrong}"`}; write one whole hostname a rule`);
  }
  const sites: Site[] = [];
  for (const host of hosts) {
    const paths = rules
      .filter((rule) => textAt(rule, 'host') === host)
      .flatMap((rule) => listAt(rule, 'http', 'paths'));
    const routes = paths.map(readPath);
    const problem = routes.find((route) => typeof route === 'string');
    if (problem !== undefined || routes.length === 0) return refused(`${host}: ${problem ?? 'it has no paths'}`);
    const whole = routes.filter((route) => typeof route !== 'string');
    sites.push({
      host,
      leaf: leafOf(ingress),
      backends: [{ name: ingress.metadata.name, routes: whole }],
      ...tlsOf(ingress, host),
    });
  }
  return { kind: 'sites', sites };
}

function readPath(path: unknown): SiteRoute | string {
  const name = textAt(path, 'backend', 'service', 'name');
  const port = numberAt(path, 'backend', 'service', 'port', 'number');
  const at = textAt(path, 'path') ?? '/';
  if (name === undefined) return `path ${at} has a backend that is no Service`;
  // A name means what each cluster's Service says, which the hub does not see.
  if (port === undefined) return `path ${at} names the port of Service ${name}; write its number`;
  return { path: at, pathType: textAt(path, 'pathType') ?? 'ImplementationSpecific', service: { name, port } };
}

function leafOf(ingress: AnyObject): object {
  const own = textAt(ingress, 'spec', 'ingressClassName');
  const className = leafClass(ingress) ?? (own === ROOT_CLASS ? undefined : own);
  return { kind: 'Ingress', ...(className === undefined ? {} : { className }) };
}

function tlsOf(ingress: AnyObject, host: string): Pick<Site, 'secretName'> {
  const entry = listAt(ingress, 'spec', 'tls').find((one) => listAt(one, 'hosts').includes(host));
  const secretName = textAt(entry, 'secretName');
  return secretName === undefined ? {} : { secretName };
}
