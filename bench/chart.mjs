/** The chart in README.md: nanoseconds a pair in the core states, as SVG, drawn by ECharts without a browser. */
import { writeFileSync } from 'node:fs';
import { states } from './states.mjs';

/** Each way and C, which is what the API is compared with. @type {Record<string, { way: string, side: 'value' | 'base', color: string }>} */
const SERIES = {
  C: { way: 'api', side: 'base', color: '#8a8a8a' },
  API: { way: 'api', side: 'value', color: '#1f6feb' },
  pool: { way: 'pool', side: 'value', color: '#8250df' },
  batch: { way: 'batch', side: 'value', color: '#2da44e' },
  replay: { way: 'replay', side: 'value', color: '#bf8700' },
};

/** Writes docs/bench.svg. @param {{ machine: import('./run.mjs').Machine, rows: readonly import('./rows.mjs').Row[] }} measured */
export async function drawChart({ machine: { cpu, cores, node, buddy }, rows }) {
  const core = states.filter(({ part, operation }) => part === 'core' && operation !== 'failures');
  if (!rows.some(({ id }) => id === `${core[0].id}.api`))
    throw new Error('--readme draws what `core` measures: leave it in.');
  const median = (state, { way, side }) =>
    Number(rows.find(({ id }) => id === `${state.id}.${way}`)[side].median.toPrecision(3));

  const echarts = await import('echarts');
  const size = { width: 860, height: 110 + 90 * core.length };
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, ...size });
  chart.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    textStyle: { fontFamily: 'sans-serif', color: '#333333' },
    title: {
      text: 'One block allocated and freed: nanoseconds, fewer is better',
      subtext: `${cpu}, ${cores} cores; Node ${node}; ${buddy}`,
      left: 'center',
      textStyle: { fontSize: 15 },
      subtextStyle: { fontSize: 11 },
    },
    legend: { bottom: 5 },
    grid: { left: 270, right: 40, top: 60, bottom: 60 },
    xAxis: { type: 'log', min: 10 },
    yAxis: { type: 'category', inverse: true, data: core.map(({ name }) => name) },
    series: Object.entries(SERIES).map(([name, series]) => ({
      name,
      type: 'bar',
      color: series.color,
      label: { show: true, position: 'right', fontSize: 10 },
      data: core.map((state) => median(state, series)),
    })),
  });
  writeFileSync(new URL('../docs/bench.svg', import.meta.url), `${chart.renderToSVGString()}\n`);
  chart.dispose();
}
