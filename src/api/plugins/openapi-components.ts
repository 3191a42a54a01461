const REFERENCE = /"#\/components\/schemas\/([^"]+)"/g;
const SUFFIX = 'Input';

/**
 * The converter writes each component twice: as it is received (`FederatedIngressInput`) and as it is sent
 * (`FederatedIngress`). Kept are those that something refers to, under the plain name where only one form is in use.
 */
export function tidyComponents<Doc extends { readonly components?: unknown; readonly paths?: unknown }>(
  document: Doc,
): Doc {
  const { components, paths } = document;
  if (!isRecord(components) || !isRecord(components['schemas'])) return document;
  const schemas = components['schemas'];
  const used = reachable(paths, schemas);
  const nameFor = (name: string): string => {
    const plain = name.slice(0, -SUFFIX.length);
    return name.endsWith(SUFFIX) && !used.has(plain) ? plain : name;
  };
  const kept = [...used].sort().map((name) => [nameFor(name), schemas[name]]);
  const tidied = { ...document, components: { ...components, schemas: Object.fromEntries(kept) } };
  return JSON.parse(
    JSON.stringify(tidied).replace(REFERENCE, (_, name: string) => `"#/components/schemas/${nameFor(name)}"`),
  );
}

function reachable(from: unknown, schemas: Readonly<Record<string, unknown>>): Set<string> {
  const used = new Set<string>();
  const open: unknown[] = [from];
  while (open.length > 0) {
    for (const [, name = ''] of (JSON.stringify(open.pop()) ?? '').matchAll(REFERENCE)) {
      if (used.has(name)) continue;
      used.add(name);
      open.push(schemas[name]);
    }
  }
  return used;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
