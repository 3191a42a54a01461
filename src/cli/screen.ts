import { type OutputStream, renderingFor } from './output.ts';
import { type Line, render } from './view/text.ts';
import { fitRows, type ScreenSize } from './view/watch-view.ts';

/** Faster than anybody reads, slow enough for a remote terminal. */
const REDRAW_MS = 200;
/** Countdowns move once a second though nothing else changes. */
const REFRESH_MS = 1_000;

const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';
const CLEAR_LINE_END = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';

/** `size` is absent for what stays behind when the screen closes: then all of it is shown. */
type View = (now: Date, size?: ScreenSize) => readonly Line[];

/**
 * Redraws one screen in place, on the terminal's alternate screen so that what was there before comes back. What was
 * shown last stays behind as ordinary output when it closes.
 */
export class Screen {
  readonly #stream: OutputStream;
  readonly #color: boolean;
  #view: View | undefined;
  #timer: NodeJS.Timeout | undefined;
  #dirty = false;
  #drawnAt = 0;

  constructor(stream: OutputStream, color: boolean) {
    this.#stream = stream;
    this.#color = color;
  }

  /** From now on the screen shows this; drawn within 200 ms, and again each second. */
  show(view: View): void {
    this.#view = view;
    this.#dirty = true;
    if (this.#timer !== undefined) return;
    this.#stream.write(ENTER);
    this.#draw();
    this.#timer = setInterval(() => this.#tick(), REDRAW_MS);
  }

  close(): void {
    if (this.#timer === undefined || this.#view === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#stream.write(LEAVE + render(this.#view(new Date()), this.#rendering()));
  }

  #tick(): void {
    if (this.#dirty || Date.now() - this.#drawnAt >= REFRESH_MS) this.#draw();
  }

  #draw(): void {
    if (this.#view === undefined) return;
    this.#dirty = false;
    this.#drawnAt = Date.now();
    // The line break after the last row would scroll: one row stays free.
    const size = { columns: this.#stream.columns ?? 80, rows: (this.#stream.rows ?? 24) - 1 };
    const lines = fitRows(this.#view(new Date(), size), size.rows);
    const text = render(lines, this.#rendering()).replaceAll('\n', `${CLEAR_LINE_END}\n`);
    this.#stream.write(HOME + text + CLEAR_BELOW);
  }

  /** Asked anew for each frame: windows change their size. */
  #rendering() {
    return renderingFor(this.#stream, this.#color);
  }
}
