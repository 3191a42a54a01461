import type { Reporter } from './report.ts';

/** What is waited for, cluster by cluster, reported as one sentence whenever it changes. */
export class Waits {
  readonly #reporter: Pick<Reporter, 'say'>;
  readonly #sentences = new Map<string, string>();

  constructor(reporter: Pick<Reporter, 'say'>) {
    this.#reporter = reporter;
  }

  add(cluster: string, sentence: string): void {
    if (this.#sentences.get(cluster) === sentence) return;
    this.#sentences.set(cluster, sentence);
    this.#say();
  }

  remove(cluster: string): void {
    if (this.#sentences.delete(cluster)) this.#say();
  }

  #say(): void {
    const sentences = [...this.#sentences.values()];
    const away = [...this.#sentences.keys()];
    this.#reporter.say(sentences.length > 0 ? { waitsFor: sentences.join('; '), away } : {});
  }
}
