/** What the charts show. */
import { draw } from './chart.mjs';

const WAYS = { c: 'C', api: 'API', pool: 'pool', batch: 'batch', replay: 'replay' };

/** @param {number} value */
const rounded = (value) => Number(value.toPrecision(3));

/** @param {string} text @param {string} [subtext] */
function title(text, subtext) {
  return { text, subtext, left: 'center', textStyle: { fontSize: 15 }, subtextStyle: { fontSize: 11 } };
}

/** Nanoseconds a pair, a group of bars a state. @param {import('../parts/states.mjs').Measured[]} states @param {string} where */
export function statesChart(states, where) {
  const names = /** @type {(keyof typeof WAYS)[]} */ (Object.keys(WAYS));
  return draw(
    {
      title: title('One block allocated and freed: nanoseconds, fewer is better', where),
      legend: { bottom: 5 },
      grid: { left: 270, right: 40, top: 60, bottom: 60 },
      xAxis: { type: 'log', min: 10 },
      yAxis: { type: 'category', inverse: true, data: states.map(({ name }) => name) },
      series: names.map((way) => ({
        name: WAYS[way],
        type: 'bar',
        label: { show: true, position: 'right', fontSize: 10 },
        data: states.map(({ ways }) => (ways[way] ? rounded(ways[way].time.median) : null)),
      })),
    },
    { width: 860, height: 110 + 90 * states.length },
  );
}

/** @param {Awaited<ReturnType<typeof import('../parts/scale.mjs').measureScale>>} points @param {string} where */
export function scaleChart(points, where) {
  const line = (way) => ({
    name: WAYS[way],
    type: 'line',
    label: {
      show: true,
      position: way === 'c' ? 'bottom' : 'top',
      formatter: ({ value }) => String(value[1]),
    },
    data: points.map((point) => [point.live, rounded(point[way].median)]),
  });
  return draw(
    {
      title: title('Random churn: nanoseconds a pair, by live blocks', where),
      legend: { bottom: 5 },
      grid: { left: 70, right: 40, top: 60, bottom: 75 },
      xAxis: { type: 'log', name: 'live blocks', nameLocation: 'middle', nameGap: 25 },
      yAxis: { type: 'log', min: 10 },
      series: [line('c'), line('api')],
    },
    { width: 860, height: 420 },
  );
}

/** @param {Awaited<ReturnType<typeof import('../parts/peers.mjs').measurePeers>>} peers @param {string} where */
export function peersChart({ live, peers }, where) {
  return draw(
    {
      title: title(`The common job, ${live.toLocaleString('en')} live: nanoseconds an operation`, where),
      grid: { left: 190, right: 70, top: 60, bottom: 40 },
      xAxis: { type: 'log', min: 10 },
      yAxis: { type: 'category', inverse: true, data: peers.map(({ name }) => name) },
      series: [
        {
          type: 'bar',
          label: { show: true, position: 'right' },
          data: peers.map(({ name, time }) => ({
            value: rounded(time.median),
            itemStyle: { color: name.startsWith('gpu-buddy') ? '#1f6feb' : '#8a8a8a' },
          })),
        },
      ],
    },
    { width: 860, height: 110 + 40 * peers.length },
  );
}
