/** The look of all hosted pages: one sheet, light and dark, wide and narrow. */
export const style = `
:root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--text:#1a1f36;--muted:#5b6478;--line:#e3e7ee;--accent:#4f46e5;--accent-text:#fff;
--bad:#b42318;--bad-bg:#fef3f2;--good:#067647;--good-bg:#ecfdf3;--warn:#93540b;--warn-bg:#fff6e0;--field:#fff;--shadow:0 1px 2px rgb(16 24 40/.06),0 8px 24px rgb(16 24 40/.06)}
@media (prefers-color-scheme:dark){:root{--bg:#0d0f16;--card:#161a24;--text:#edeff5;--muted:#9aa3b5;--line:#2a3040;--accent:#6d66f5;
--bad:#fda29b;--bad-bg:#3a1714;--good:#75e0a7;--good-bg:#0b2b1d;--warn:#fdd28a;--warn-bg:#33240b;--field:#10131b;--shadow:none}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--text);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;-webkit-font-smoothing:antialiased}
.sandbox{background:var(--warn-bg);color:var(--warn);text-align:center;padding:.5rem 1rem;font-size:.875rem}
.sandbox strong{letter-spacing:.04em;text-transform:uppercase;font-size:.75rem;margin-right:.35rem}
main{max-width:60rem;margin:0 auto;padding:2.5rem 1.25rem 4rem}
main.narrow{max-width:30rem}
h1{font-size:1.375rem;line-height:1.3;margin:0 0 .25rem;letter-spacing:-.01em}
h2{font-size:1.0625rem;margin:0 0 .75rem}
p{margin:0 0 .75rem}.card>:last-child{margin-bottom:0}
a{color:var(--accent);text-underline-offset:2px}
@media (prefers-color-scheme:dark){a{color:#a5a0ff}}
.muted{color:var(--muted)}.small{font-size:.875rem}
.num{font-variant-numeric:tabular-nums;white-space:nowrap}
.amount{font-size:2.25rem;font-weight:650;letter-spacing:-.02em;margin:.25rem 0 1.25rem;font-variant-numeric:tabular-nums}
.amount small{font-size:.875rem;font-weight:400;letter-spacing:0;color:var(--muted)}
.two{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1fr);gap:3.5rem;align-items:start}
.card{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:1.5rem;box-shadow:var(--shadow)}
.two.uneven{grid-template-columns:minmax(0,1.5fr) minmax(0,1fr);gap:2rem}
.stack>*+*{margin-top:1.25rem}
.rows{list-style:none;margin:0;padding:0}
.rows>li{display:flex;gap:1rem;justify-content:space-between;padding:.75rem 0;border-top:1px solid var(--line)}
.rows>li:first-child{border-top:0;padding-top:0}
.rows.tight>li{border:0;padding:.25rem 0}
.rows .total{font-weight:600;border-top:1px solid var(--line);padding-top:.75rem;margin-top:.5rem}
label{display:block;font-weight:550;font-size:.875rem;margin-bottom:.35rem}
.field{margin-bottom:1rem;min-width:0}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:.75rem}
input:not([type=radio]):not([type=checkbox]){width:100%;font:inherit;font-size:1rem;color:inherit;background:var(--field);border:1px solid var(--line);border-radius:8px;padding:.6rem .75rem}
input::placeholder{color:var(--muted);opacity:.75}
input:not([type=radio]):not([type=checkbox])[readonly]{background:transparent;color:var(--muted)}
input[aria-invalid=true]{border-color:var(--bad)}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
button,.button{display:inline-block;font:inherit;font-weight:600;border-radius:8px;border:1px solid var(--line);background:var(--card);color:var(--text);padding:.55rem .9rem;cursor:pointer;text-decoration:none;text-align:center}
button.primary,.button.primary{background:var(--accent);border-color:var(--accent);color:var(--accent-text)}
button.wide{width:100%;padding:.75rem}form>.wide{margin-top:.25rem}button+p{margin-top:.6rem}
.gap{margin-top:1.5rem}
button.link{border:0;background:none;padding:0;color:var(--accent);font-weight:500;text-decoration:underline;text-underline-offset:2px}
@media (prefers-color-scheme:dark){button.link{color:#a5a0ff}}
button.bad{color:var(--bad)}
.error{color:var(--bad);font-size:.875rem;margin:.35rem 0 0}
.notice{border-radius:8px;padding:.7rem .9rem;margin:0 0 1rem;font-size:.9375rem}
.notice.bad{background:var(--bad-bg);color:var(--bad)}.notice.good{background:var(--good-bg);color:var(--good)}.notice.warn{background:var(--warn-bg);color:var(--warn)}
.badge{display:inline-block;border-radius:99px;padding:.1rem .55rem;font-size:.8125rem;font-weight:550;background:var(--bg);color:var(--muted);border:1px solid var(--line);white-space:nowrap}
.badge.good{background:var(--good-bg);color:var(--good);border-color:transparent}.badge.bad{background:var(--bad-bg);color:var(--bad);border-color:transparent}.badge.warn{background:var(--warn-bg);color:var(--warn);border-color:transparent}
.actions{display:flex;gap:.75rem;flex-wrap:wrap;align-items:center}.actions h1{margin:0}
.inline{display:grid;grid-template-columns:minmax(0,1fr) auto;gap:0 .5rem;align-items:start}.inline .field{margin:0}.inline button{margin-top:1.65rem;padding:.65rem .9rem}
details{border-top:1px solid var(--line);margin-top:1.25rem;padding-top:1rem;font-size:.875rem}
summary{cursor:pointer;color:var(--muted)}
table{width:100%;border-collapse:collapse;font-size:.9375rem}
th{text-align:left;font-weight:550;color:var(--muted);font-size:.8125rem;padding:0 .75rem .5rem 0}
td{padding:.6rem .75rem .6rem 0;border-top:1px solid var(--line);vertical-align:top}
th:last-child,td:last-child{padding-right:0}
.right{text-align:right}
.scroll{overflow-x:auto}
code{font:0.875em ui-monospace,SFMono-Regular,Menlo,monospace}
details table{margin-top:.75rem}details td{padding:.35rem .75rem .35rem 0}
.radio{display:flex;gap:.6rem;align-items:center;font-weight:400;font-size:1rem;margin:0 0 .6rem}
.back{display:inline-block;margin-bottom:1.5rem;font-size:.9375rem}
@media (max-width:46rem){main{padding:1.5rem 1rem 3rem}.two,.two.uneven{grid-template-columns:minmax(0,1fr);gap:1.75rem}.card{padding:1.25rem}.amount{font-size:1.875rem}
.hide-narrow{display:none}.rows.wide-rows>li{flex-direction:column;gap:.6rem}}
`;
