import { invalidAnswer, parseJson } from './answer.ts';
import type { Cluster } from './cluster.ts';
import { KubernetesError } from './errors.ts';
import { isRecord, type KubernetesObject, objectOf, type Resource } from './objects.ts';
import { Operation, type RequestOptions } from './operation.ts';
import { describeSelection, type Selection, selectionPath } from './selection.ts';

export interface ObjectList<T> {
  readonly items: readonly T[];
  readonly resourceVersion: string;
}

/** Objects in one answer; as many as client-go asks for. */
const PAGE_SIZE = 500;
/** A token for the next page is good for about five minutes; who has lost so many reads too slowly ever to end. */
const FRESH_STARTS = 3;

/** All objects of a selection as they were at one moment, or an error: never a part of them. */
export async function listObjects<T extends KubernetesObject>(
  cluster: Cluster,
  selection: Selection<T>,
  options: RequestOptions,
): Promise<ObjectList<T>> {
  for (let starts = 1; ; starts += 1) {
    try {
      return await listOnce(cluster, selection, options);
    } catch (error) {
      if (starts > FRESH_STARTS || !(error instanceof KubernetesError) || error.failure.status !== 410) throw error;
    }
  }
}

async function listOnce<T extends KubernetesObject>(
  cluster: Cluster,
  selection: Selection<T>,
  options: RequestOptions,
): Promise<ObjectList<T>> {
  const operation = new Operation(cluster, 'list', describeSelection(selection));
  const items: T[] = [];
  const tokens = new Set<string>();
  let next: string | undefined;
  while (true) {
    const query = { limit: String(PAGE_SIZE), ...(next !== undefined && { continue: next }) };
    const answer = await operation.exchange({ method: 'GET', path: selectionPath(selection, query) }, options);
    const page = pageOf(selection.resource, parseJson(answer.body));
    if (!page) throw operation.error(invalidAnswer(answer.message, `a list of kind ${selection.resource.kind}List`));
    for (const item of page.items) items.push(item);
    next = page.next;
    if (next === undefined) return { items, resourceVersion: page.resourceVersion };
    if (tokens.has(next)) throw operation.error(invalidAnswer(answer.message, 'a page after the one before'));
    tokens.add(next);
  }
}

interface Page<T> extends ObjectList<T> {
  readonly next?: string;
}

/**
 * One page. Items of a list come without apiVersion and kind. An item that is not whole makes it no answer.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks
 */
function pageOf<T extends KubernetesObject>(resource: Resource<T>, value: unknown): Page<T> | undefined {
  if (!isRecord(value) || value['kind'] !== `${resource.kind}List` || !isRecord(value['metadata'])) return undefined;
  const { resourceVersion, continue: next } = value['metadata'];
  if (typeof resourceVersion !== 'string' || !Array.isArray(value['items'])) return undefined;
  const { apiVersion, kind } = resource;
  const items = value['items'].map((item) => objectOf(resource, isRecord(item) ? { ...item, apiVersion, kind } : item));
  const whole = items.filter((item) => item !== undefined);
  if (whole.length !== items.length) return undefined;
  return { items: whole, resourceVersion, ...(typeof next === 'string' && next !== '' && { next }) };
}
