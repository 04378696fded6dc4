/** The styles of a report: light, dark, and forced colours; wide and narrow. */
import { styleOf } from '../svg';

export const STYLE = `
:root{color-scheme:light dark;--back:#fff;--text:#1b1b1b;--faint:#595959;--line:#c9ccd1;--panel:#f6f7f9}
@media(prefers-color-scheme:dark){:root{--back:#16181c;--text:#ececec;--faint:#b0b0b0;--line:#454a52;--panel:#1e2126}}
*{box-sizing:border-box}
body{margin:0;padding:1rem;background:var(--back);color:var(--text);font:15px/1.5 system-ui,sans-serif}
h1{font-size:1.5rem;margin:0 0 .25rem}h2{font-size:1.2rem;margin:0 0 .5rem;overflow-wrap:anywhere}h3{font-size:1rem;margin:1.5rem 0 .5rem}
.about{color:var(--faint);margin:0 0 1rem}
main{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,560px),1fr));gap:1.5rem;align-items:start}
main>section{min-width:0;border:1px solid var(--line);border-radius:6px;padding:1rem}
figure{margin:0}.chart{overflow-x:auto}svg.gb{width:100%;min-width:520px;height:auto;display:block}
.map canvas[data-part]{width:100%;height:auto;display:block;cursor:crosshair;border:1px solid var(--line)}
.controls{display:flex;flex-wrap:wrap;gap:.5rem;align-items:center;margin:.5rem 0}
.controls input{flex:1 1 14rem;min-width:0}
button,select{font:inherit;padding:.2rem .6rem;color:inherit;background:var(--panel);border:1px solid var(--faint);border-radius:4px}
button:disabled{opacity:.5}
:focus-visible{outline:3px solid #0072b2;outline-offset:2px}
@media(prefers-color-scheme:dark){:focus-visible{outline-color:#56b4e9}}
.legend{display:flex;flex-wrap:wrap;gap:.25rem 1rem;padding:0;margin:.5rem 0;list-style:none}.legend li{overflow-wrap:anywhere}
.legend canvas{margin-right:.4rem;vertical-align:middle}
.numbers{margin:.25rem 0;min-height:1.5em}
.scroll{overflow-x:auto;margin:.5rem 0;max-height:28rem;overflow-y:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
caption{text-align:left;font-weight:600;padding:.25rem 0}
th,td{text-align:left;padding:.2rem .6rem .2rem 0;border-bottom:1px solid var(--line);vertical-align:top}
td{overflow-wrap:break-word;max-width:26rem}.right{text-align:right;white-space:nowrap}
summary{cursor:pointer;margin:.5rem 0}
@media(forced-colors:active){.map canvas{forced-color-adjust:none}}
@media print{.controls{display:none}.scroll{max-height:none}}
${styleOf('auto')}
`;
