/** Whether serial `left` is the newer one (RFC 1982 section 3.2): numbers go round, half of them are ahead of each. */
export function isNewer(left: number, right: number): boolean {
  return ((left - right) | 0) > 0;
}
