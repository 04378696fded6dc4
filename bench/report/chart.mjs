/** Charts as SVG, drawn by ECharts without a browser. */

const INK = '#333333';
const PALETTE = ['#8a8a8a', '#1f6feb', '#8250df', '#2da44e', '#bf8700'];

/** Bars or lines on a logarithmic axis of time. @param {Record<string, unknown>} option of ECharts @param {{ width: number, height: number }} size */
export async function draw(option, { width, height }) {
  const echarts = await import('echarts');
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption({
      animation: false,
      backgroundColor: '#ffffff',
      color: PALETTE,
      textStyle: { fontFamily: 'sans-serif', color: INK },
      ...option,
    });
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}
