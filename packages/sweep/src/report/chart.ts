/** Draws results as SVG, by ECharts without a browser: a measure by size, a line a policy. */
import { loadPackage } from '../optional-package.js';
import type { Row } from '../replay/row.js';
import { fits, meanOf, policiesOf, sizeText } from './policies.js';

/** The share of traces and seeds that fit: what is drawn unless a measure is named. */
export const FIT = 'fit';

const SIZE = { width: 860, height: 480 };

/** @throws SweepError `ERR_SWEEP_MISSING_PACKAGE` without ECharts */
export async function drawChart(rows: readonly Row[], measure: string): Promise<string> {
  const echarts = await loadPackage('echarts', () => import('echarts'));
  const sizes = [...new Set(rows.map(({ asked }) => asked))].sort(
    (one, other) => orderOf(rows, one) - orderOf(rows, other),
  );
  const policies = policiesOf(rows);
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, ...SIZE });
  chart.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    textStyle: { fontFamily: 'sans-serif', color: '#333333' },
    title: {
      text:
        measure === FIT
          ? 'Share of traces that fit, by size of the space'
          : `${measure}, mean of all traces, by size of the space`,
      left: 'center',
      textStyle: { fontSize: 15 },
    },
    legend: { bottom: 5, itemGap: 24, data: policies.map(({ name }) => name) },
    grid: { left: 70, right: 40, top: 50, bottom: 80 },
    xAxis: { type: 'category', data: sizes.map(sizeText) },
    yAxis:
      measure === FIT
        ? { type: 'value', min: 0, max: 100, axisLabel: { formatter: '{value} %' } }
        : { type: 'value' },
    series: policies.map(({ name, sizes: ofPolicy }) => ({
      name,
      type: 'line',
      data: sizes.map((size) => {
        const found = ofPolicy.find(({ asked }) => asked === size);
        return found ? valueOf(found.rows, measure) : null;
      }),
    })),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return `${svg}\n`;
}

/** Orders sizes by bytes: those of the first line that has one. */
function orderOf(rows: readonly Row[], size: Row['asked']): number {
  return rows.find(({ asked }) => asked === size)?.size ?? 0;
}

function valueOf(rows: readonly Row[], measure: string): number | null {
  return measure === FIT ? (100 * rows.filter(fits).length) / rows.length : (meanOf(rows, measure) ?? null);
}
