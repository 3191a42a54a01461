import type { Readiness } from './leaf.ts';

type Ready = Extract<Readiness, { kind: 'ready' }>;

/** Whether two verdicts say the same. A changed message alone is no news: it would tell of every probe. */
export function isSameReadiness(left: Readiness, right: Readiness | undefined): boolean {
  if (!right || !isSameCertificate(left.certificate, right.certificate)) return false;
  if (left.kind === 'ready') return right.kind === 'ready' && isSameReady(left, right);
  return left.kind === right.kind && left.reason === right.reason;
}

function isSameReady(left: Ready, right: Ready): boolean {
  return (
    left.addresses.join() === right.addresses.join() &&
    left.hostnames?.join() === right.hostnames?.join() &&
    left.port === right.port &&
    (left.message === undefined) === (right.message === undefined)
  );
}

function isSameCertificate(left: Readiness['certificate'], right: Readiness['certificate']): boolean {
  return left?.kind === right?.kind && left?.fingerprint === right?.fingerprint;
}
