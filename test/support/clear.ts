import { ClientError } from '../../src/client/errors.ts';
import type { TestSluice } from './sluice.ts';

/** Deletes every FederatedIngress and ends everything, wherever a test has ended, so that the clusters are as they were. */
export async function clearAndStop(sluice: TestSluice | undefined): Promise<void> {
  if (sluice === undefined) return;
  try {
    await clear(sluice);
  } finally {
    await sluice.stop();
  }
}

/** Deletes every FederatedIngress, so that a test that has failed takes no hostname from the next one. */
export async function clear(sluice: TestSluice): Promise<void> {
  const { value } = await sluice.http.list('default');
  await Promise.all(value.map(({ name }) => removeIfThere(sluice, name)));
}

async function removeIfThere(sluice: TestSluice, name: string): Promise<void> {
  try {
    await sluice.http.steer('delete', 'default', name, {});
  } catch (error) {
    // A list may be a moment behind.
    if (error instanceof ClientError && error.kind === 'notFound') return;
    throw error;
  }
  await sluice.untilGone(name);
}
