import { BaseSequencer, type TestSpecification } from 'vitest/node';

const ORDER = ['unit', 'golden', 'repo', 'replay', 'feature', 'e2e'];

/** Runs what is quick to fail first: unit before golden before replay before feature before e2e. */
export class InOrder extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.toSorted((a, b) => rank(a) - rank(b) || a.moduleId.localeCompare(b.moduleId));
  }
}

function rank({ moduleId }: TestSpecification): number {
  return ORDER.findIndex((kind) => moduleId.includes(`/test/${kind}/`));
}
