import { isRecord } from '../../lib/kubernetes/objects.ts';

/** Whether a found object lacks something that is wanted of it. Fields that only the found one has are of no account. */
export function differs(found: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    const items = Array.isArray(found) ? found : [];
    return items.length !== wanted.length || wanted.some((item, index) => differs(items[index], item));
  }
  if (isRecord(wanted)) {
    return !isRecord(found) || Object.entries(wanted).some(([field, value]) => differs(found[field], value));
  }
  return found !== wanted;
}
