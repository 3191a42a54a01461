import { styleText } from 'node:util';

/** Says what a step is doing at the moment. */
export type Say = (detail: string) => void;

/** Shows long work as numbered steps: which step of how many, what it does, how long it has taken. */
export interface Progress {
  /** Adds steps to the total that is shown; call it before they start. */
  expect(steps: number): void;
  /** Runs `work` as one step. Steps may run side by side; they are numbered in the order in which they start. */
  step<Result>(what: string, work: (say: Say) => Promise<Result>): Promise<Result>;
  /** Prints a line that belongs to no step. */
  note(line: string): void;
  /** Stops redrawing. */
  close(): void;
}

/** Where progress is written: standard error, or a buffer in tests. */
export interface ProgressOutput {
  readonly isTTY: boolean;
  readonly columns: number;
  write(text: string): void;
}

export interface ProgressOptions {
  readonly output: ProgressOutput;
  /** Milliseconds, growing. */
  readonly now: () => number;
}

interface Step {
  readonly number: number;
  readonly what: string;
  readonly since: number;
  detail: string;
  shownAt: number;
}

/** How often a terminal is redrawn, milliseconds. */
const REDRAW_MS = 200;

/** In a plain log: how far apart lines of one step are at least, and how long it stays silent about a step, milliseconds. */
const QUIET_MS = 10_000;
const REMINDER_MS = 15_000;

export function createProgress(options: ProgressOptions): Progress {
  return options.output.isTTY ? new TerminalProgress(options) : new PlainProgress(options);
}

/** Progress on this process's standard error. */
export function standardProgress(): Progress {
  const stream = process.stderr;
  const output: ProgressOutput = {
    isTTY: stream.isTTY,
    get columns() {
      return stream.columns ?? 80;
    },
    write: (text) => void stream.write(text),
  };
  return createProgress({ output, now: () => performance.now() });
}

/** Shows nothing: for tests that bring a playground up. */
export const silentProgress: Progress = {
  expect: () => {},
  step: (_what, work) => work(() => {}),
  note: () => {},
  close: () => {},
};

/** `1.2 s`, `45 s`, `3 min 05 s`. */
export function formatElapsed(milliseconds: number): string {
  const seconds = milliseconds / 1_000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 59.5) return `${Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
}

abstract class StepProgress implements Progress {
  protected readonly options: ProgressOptions;
  protected readonly running = new Set<Step>();
  private total = 0;
  private started = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(options: ProgressOptions) {
    this.options = options;
  }

  protected abstract readonly tickMs: number;
  protected abstract tick(): void;
  protected abstract begin(step: Step): void;
  protected abstract say(step: Step, detail: string): void;
  protected abstract end(step: Step, mark: '✓' | '✗', note: string): void;
  abstract note(line: string): void;

  expect(steps: number): void {
    this.total += steps;
  }

  async step<Result>(what: string, work: (say: Say) => Promise<Result>): Promise<Result> {
    this.started += 1;
    this.total = Math.max(this.total, this.started);
    const now = this.options.now();
    const step: Step = { number: this.started, what, since: now, detail: '', shownAt: now };
    this.running.add(step);
    this.timer ??= setInterval(() => this.tick(), this.tickMs).unref();
    this.begin(step);
    try {
      const result = await work((detail) => this.say(step, detail));
      this.finish(step, '✓');
      return result;
    } catch (error) {
      this.finish(step, '✗');
      throw error;
    }
  }

  close(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  protected label(step: Step): string {
    const width = String(this.total).length;
    return `[${String(step.number).padStart(width)}/${this.total}] ${step.what}`;
  }

  protected elapsed(step: Step): string {
    return formatElapsed(this.options.now() - step.since);
  }

  private finish(step: Step, mark: '✓' | '✗'): void {
    this.running.delete(step);
    this.end(step, mark, step.detail);
    if (this.running.size === 0) this.close();
  }
}

/** One line for each thing that is said, and a reminder now and then: for logs and pipes. */
class PlainProgress extends StepProgress {
  protected override readonly tickMs = 1_000;

  protected override tick(): void {
    const now = this.options.now();
    for (const step of this.running) {
      if (now - step.shownAt < REMINDER_MS) continue;
      step.shownAt = now;
      this.note(`${this.label(step)}: ${this.elapsed(step)} so far${step.detail === '' ? '' : `, ${step.detail}`}`);
    }
  }

  // A step that ends at once needs no line of its own for its beginning.
  protected override begin(): void {}

  protected override say(step: Step, detail: string): void {
    const first = step.detail === '';
    step.detail = detail;
    if (!first && this.options.now() - step.shownAt < QUIET_MS) return;
    step.shownAt = this.options.now();
    this.note(`${this.label(step)}: ${detail}`);
  }

  protected override end(step: Step, mark: '✓' | '✗'): void {
    this.note(`${this.label(step)}: ${mark === '✓' ? 'done' : 'failed'} in ${this.elapsed(step)}`);
  }

  override note(line: string): void {
    this.options.output.write(`${line}\n`);
  }
}

/** Finished steps scroll up as lines; the running ones are redrawn below them. */
class TerminalProgress extends StepProgress {
  protected override readonly tickMs = REDRAW_MS;
  private drawn = 0;

  protected override tick(): void {
    this.redraw('');
  }

  protected override begin(): void {
    this.redraw('');
  }

  protected override say(step: Step, detail: string): void {
    step.detail = detail;
  }

  protected override end(step: Step, mark: '✓' | '✗'): void {
    const colour = mark === '✓' ? 'green' : 'red';
    this.redraw(`${styleText(colour, mark)} ${this.label(step)} ${styleText('dim', this.elapsed(step))}\n`);
  }

  override note(line: string): void {
    this.redraw(`${line}\n`);
  }

  /** Replaces the block of running steps by `scrolled` and a new block. */
  private redraw(scrolled: string): void {
    const up = this.drawn === 0 ? '' : `\u001b[${this.drawn}A`;
    const lines = [...this.running].map((step) => this.line(step));
    this.drawn = lines.length;
    this.options.output.write(`${up}\r\u001b[J${scrolled}${lines.map((line) => `${line}\n`).join('')}`);
  }

  private line(step: Step): string {
    const detail = step.detail === '' ? '' : `: ${step.detail}`;
    // A line that wraps would spoil the count of lines to go up.
    return `… ${this.label(step)} ${this.elapsed(step)}${detail}`.slice(
      0,
      Math.max(20, this.options.output.columns - 1),
    );
  }
}
