/**
 * A loopback address that belongs to a cluster of the playground and that nothing listens on: of 127.0.0.21 the one numbered
 * 3 is 127.0.3.21. The first two are taken (the cluster itself, and its own Gateway).
 */
export function otherAddress({ address }: { readonly address: string }, number: number): string {
  return address.replace(/^127\.0\.0\./, `127.0.${number}.`);
}
