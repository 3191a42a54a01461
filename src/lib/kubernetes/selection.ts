import { collectionPath, type KubernetesObject, objectOf, type Resource } from './objects.ts';

/** Objects of one resource: in one namespace, or everywhere when none is named. */
export interface Selection<T extends KubernetesObject> {
  readonly resource: Resource<T>;
  readonly namespace?: string;
  /** Such as `metadata.name=shop`. */
  readonly fieldSelector?: string;
  /** Such as `app.kubernetes.io/managed-by=sluice`. */
  readonly labelSelector?: string;
  /** Which field managers wrote what is often half of an object, so shared watches leave it out unless it is asked for. */
  readonly keep?: 'managedFields';
}

export function selectionPath(
  { resource, namespace, fieldSelector, labelSelector }: Selection<KubernetesObject>,
  query: Readonly<Record<string, string>>,
): string {
  const search = new URLSearchParams({
    ...query,
    ...(fieldSelector !== undefined && { fieldSelector }),
    ...(labelSelector !== undefined && { labelSelector }),
  }).toString();
  return `${collectionPath(resource, namespace)}${search && `?${search}`}`;
}

/** `ingresses in default with metadata.name=shop` */
export function describeSelection(selection: Selection<KubernetesObject>): string {
  const { resource, namespace, fieldSelector, labelSelector } = selection;
  const selectors = [fieldSelector, labelSelector].filter((one) => one !== undefined).join(' and ');
  const where = namespace === undefined ? '' : ` in ${namespace}`;
  return `${resource.plural}${where}${selectors && ` with ${selectors}`}`;
}

/** An object as a shared watch holds it: trimmed, and frozen since all followers get the same one. */
export function keptObject<T extends KubernetesObject>({ resource, keep }: Selection<T>, value: T): T {
  if (keep === 'managedFields' || value.metadata.managedFields === undefined) return frozen(value);
  const { managedFields: _, ...metadata } = value.metadata;
  return frozen(objectOf(resource, { ...value, metadata }) ?? value);
}

function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const field of Object.values(value)) frozen(field);
  return Object.freeze(value);
}
