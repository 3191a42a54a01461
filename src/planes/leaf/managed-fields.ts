import { isRecord, type KubernetesObject } from '../../lib/kubernetes/objects.ts';

/** The one who writes leaves, by server-side apply. */
export const FIELD_MANAGER = 'sluice';

/** What one manager has at some place of an object. */
export interface Claim {
  readonly manager: string;
  /** RFC 3339; when the manager last changed any of its fields. */
  readonly time: string;
  /**
   * FieldsV1 below the place: `f:<name>` for fields, `k:{...}` for items by key, `.` for the thing itself. Empty: all of it.
   * https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
   */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** The claims on an object; none when it came without them. */
export function claimsOf({ metadata }: KubernetesObject): readonly Claim[] {
  return (metadata.managedFields ?? []).flatMap(({ manager = '', time = '', fieldsV1, subresource }) =>
    isRecord(fieldsV1) && subresource === undefined ? [{ manager, time, fields: fieldsV1 }] : [],
  );
}

/** The claims on a field, or with `keys` on the item of a list that has these key fields. */
export function claimBelow(claims: readonly Claim[], place: unknown, keys?: readonly string[]): readonly Claim[] {
  return claims.flatMap((claim) => {
    if (isWhole(claim)) return [claim];
    const fields = keys ? itemFields(claim, place, keys) : claim.fields[`f:${String(place)}`];
    return isRecord(fields) ? [{ ...claim, fields }] : [];
  });
}

/** The names of the key fields when the claims are on a list of such items; none for lists that have one owner. */
export function itemKeys(claims: readonly Claim[]): readonly string[] {
  for (const { fields } of claims) {
    const name = Object.keys(fields).find((one) => one.startsWith('k:'));
    if (name !== undefined) return Object.keys(keyOf(name));
  }
  return [];
}

/** Who, other than Sluice, changed something last that is claimed here. */
export function latestManager(claims: readonly Claim[]): string | undefined {
  const others = claims.filter(({ manager }) => manager !== FIELD_MANAGER);
  return others.toSorted((left, right) => (left.time < right.time ? 1 : -1))[0]?.manager;
}

function isWhole({ fields }: Claim): boolean {
  return Object.keys(fields).length === 0;
}

function itemFields({ fields }: Claim, item: unknown, keys: readonly string[]): unknown {
  if (!isRecord(item)) return undefined;
  const name = Object.keys(fields).find((one) => {
    if (!one.startsWith('k:')) return false;
    const key = keyOf(one);
    return keys.every((part) => key[part] === item[part]);
  });
  return name === undefined ? undefined : fields[name];
}

function keyOf(name: string): Readonly<Record<string, unknown>> {
  const key: unknown = JSON.parse(name.slice('k:'.length)); // FieldsV1 says that this is JSON
  return isRecord(key) ? key : {};
}
