import { z } from 'zod';
import { openSealed, seal } from '../../lib/atomic-file.ts';
import type { GlobalIngress } from '../../plan/global-ingress.ts';
import { globalIngressSchema } from './schema.ts';

/**
 * What one generation of a hostname holds. `released` is kept for ever: it remembers the revision, from which the next
 * owner goes on.
 */
export type Document =
  | { readonly kind: 'claimed'; readonly state: GlobalIngress }
  | { readonly kind: 'released'; readonly host: string; readonly revision: number };

const documentSchema: z.ZodType<Document> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('claimed'), state: globalIngressSchema }),
  z.object({ kind: z.literal('released'), host: z.string(), revision: z.int().min(1) }),
]);

export function writeDocument(document: Document): string {
  return seal(document);
}

/** undefined when the text is torn or foreign, or speaks of another hostname. */
export function readDocument(text: string, host: string): Document | undefined {
  const parsed = documentSchema.safeParse(openSealed(text));
  return parsed.success && hostOf(parsed.data) === host ? parsed.data : undefined;
}

export function revisionOf(document: Document | undefined): number {
  if (document === undefined) return 0;
  return document.kind === 'claimed' ? document.state.revision : document.revision;
}

export function claimedState(document: Document | undefined): GlobalIngress | undefined {
  return document?.kind === 'claimed' ? document.state : undefined;
}

function hostOf(document: Document): string {
  return document.kind === 'claimed' ? document.state.host : document.host;
}
