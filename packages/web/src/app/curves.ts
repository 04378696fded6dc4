/** Draws what is in use over the whole clock, a curve a source, with failures and the moment that is shown. */
import UPlot from 'uplot';
import type { ClockUnit, Curve } from '../messages';
import { bytesText, countText, timeText } from './text';

const HEIGHT = 110;

/** Bytes between two lines of the grid: any power of two. */
const POWERS = Array.from({ length: 53 }, (_, power) => 2 ** power);

export class Curves {
  readonly #parent: HTMLElement;
  readonly #picked: (value: number) => void;
  #plot: UPlot | undefined;
  #failures: readonly number[] = [];
  #now = 0;

  /** @param picked is called with the moment that was clicked */
  constructor(parent: HTMLElement, picked: (value: number) => void) {
    this.#parent = parent;
    this.#picked = picked;
  }

  show(curves: readonly Curve[], names: readonly string[], unit: ClockUnit): void {
    this.#plot?.destroy();
    this.#failures = curves.flatMap(({ failures }) => failures);
    const tables = curves.map(({ at, used }): UPlot.AlignedData => [at, used]);
    const data = UPlot.join(tables);
    const style = getComputedStyle(this.#parent);
    const stroke = style.getPropertyValue('--faint');
    const grid = { stroke: style.getPropertyValue('--line'), width: 1 };
    const paths = UPlot.paths.stepped?.({ align: 1 });
    const clockText = unit === 'line' ? countText : timeText;
    this.#plot = new UPlot(
      {
        width: Math.max(50, this.#parent.clientWidth),
        height: HEIGHT,
        scales: { x: { time: false }, y: { range: (_, __, most) => [0, Math.max(1, most)] } },
        cursor: { y: false, drag: { x: false, y: false } },
        axes: [
          { stroke, grid, size: 24, values: (_, splits) => splits.map(clockText) },
          { stroke, grid, size: 78, values: (_, splits) => splits.map(bytesText), space: 28, incrs: POWERS },
        ],
        series: [
          {},
          ...names.map((label, index) => ({
            label,
            stroke: style.getPropertyValue(`--curve-${index}`),
            width: 1.5,
            points: { show: false },
            spanGaps: true,
            ...(paths ? { paths } : {}),
          })),
        ],
        hooks: { draw: [(plot) => this.#mark(plot)] },
      },
      data,
      this.#parent,
    );
    const { canvas } = this.#plot.ctx;
    canvas.setAttribute('role', 'img');
    canvas.setAttribute('aria-label', `Bytes in use over ${unit === 'line' ? 'lines' : 'time'}`);
    this.#plot.over.addEventListener('click', ({ offsetX }) => {
      const value = this.#plot?.posToVal(offsetX, 'x');
      if (value !== undefined) this.#picked(value);
    });
  }

  /** Moves the line of the moment that is shown. */
  moveTo(value: number): void {
    this.#now = value;
    this.#plot?.redraw(false, false);
  }

  #mark(plot: UPlot): void {
    const { ctx, bbox } = plot;
    const style = getComputedStyle(this.#parent);
    ctx.save();
    ctx.fillStyle = style.getPropertyValue('--bad');
    for (const at of this.#failures) {
      const x = plot.valToPos(at, 'x', true);
      ctx.fillRect(x - 1, bbox.top, 2, 6);
    }
    ctx.fillStyle = style.getPropertyValue('--text');
    ctx.fillRect(plot.valToPos(this.#now, 'x', true) - 1, bbox.top, 2, bbox.height);
    ctx.restore();
  }
}
