import { decimalTicks, formatFigure } from '@damonlab/report';
import type { SweepChart, SweepEntry, SweepPoint } from '../../api.js';
import { apiPath, getJson } from '../data/client.js';
import { useLoaded } from '../data/use-run.js';
import { categoryColor } from '../model/pictures.js';
import { DEFAULT_VIEW, hashOf, type Route } from '../model/route.js';
import { replace } from './router.js';
import { Empty, Shown } from './states.js';

export function SweepList() {
  const loaded = useLoaded((signal) => getJson<{ sweeps: SweepEntry[] }>('/api/sweeps', signal), []);
  return (
    <Shown of={loaded} what="sweeps">
      {({ sweeps }) =>
        sweeps.length === 0 ? (
          <Empty title="No sweeps yet">
            <pre>npx damonlab sweep scenarios/sweeps/intervals.yaml</pre>
          </Empty>
        ) : (
          <section aria-label="sweeps">
            <h1>Sweeps</h1>
            <table class="figures">
              <thead>
                <tr>
                  <th scope="col">name</th>
                  <th scope="col">state</th>
                  <th scope="col">points</th>
                  <th scope="col">axes</th>
                  <th scope="col">figures</th>
                </tr>
              </thead>
              <tbody>
                {sweeps.map(({ name, state, total, axes, figures }) => (
                  <tr key={name}>
                    <th scope="row">
                      <a href={hashOf({ page: 'sweep', sweep: name, x: '', group: '', y: [] })}>{name}</a>
                    </th>
                    <td>{state}</td>
                    <td class="number">{total}</td>
                    <td>{axes.join(', ')}</td>
                    <td>{figures.join(', ')}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
        )
      }
    </Shown>
  );
}

type SweepRoute = Extract<Route, { page: 'sweep' }>;

export function SweepPage({ route }: { readonly route: SweepRoute }) {
  const { sweep, x, group, y } = route;
  const query = new URLSearchParams([['x', x], ['group', group], ...y.map((figure) => ['y', figure])].filter(([, value]) => value !== ''));
  const loaded = useLoaded((signal) => getJson<SweepChart>(`${apiPath('sweeps', sweep)}?${query}`, signal), [sweep, query.toString()]);
  return (
    <Shown of={loaded} what={`sweep ${sweep}`}>
      {(chart) => (
        <section aria-label="sweep">
          <h1>{sweep}</h1>
          <Choices chart={chart} onRoute={(change) => replace({ ...route, x: chart.x, group: chart.group, y: chart.y, ...change })} />
          {chart.lines.length > 1 && (
            <ul class="legend">
              {chart.lines.map((line, i) => (
                <li key={line}>
                  <span class="swatch" style={{ background: categoryColor(i) }} />
                  {chart.group} {line}
                </li>
              ))}
            </ul>
          )}
          <div class="panels">
            {chart.panels.map((panel) => (
              <Panel key={`${panel.figure} ${panel.title}`} chart={chart} panel={panel} />
            ))}
          </div>
          <Points chart={chart} />
        </section>
      )}
    </Shown>
  );
}

function Choices({ chart, onRoute }: { readonly chart: SweepChart; readonly onRoute: (change: Partial<SweepRoute>) => void }) {
  const toggled = (figure: string) => (chart.y.includes(figure) ? chart.y.filter((known) => known !== figure) : [...chart.y, figure]);
  return (
    <div class="bar">
      <label>
        to the right{' '}
        <select value={chart.x} onChange={(event) => onRoute({ x: event.currentTarget.value, group: '' })}>
          {chart.axes.map((axis) => (
            <option key={axis}>{axis}</option>
          ))}
        </select>
      </label>
      <label>
        lines{' '}
        <select value={chart.group} onChange={(event) => onRoute({ group: event.currentTarget.value })}>
          <option value="">–</option>
          {chart.axes
            .filter((axis) => axis !== chart.x)
            .map((axis) => (
              <option key={axis}>{axis}</option>
            ))}
        </select>
      </label>
      <fieldset class="choice">
        <legend>figures</legend>
        {chart.figures.map((figure) => (
          <label key={figure}>
            <input type="checkbox" checked={chart.y.includes(figure)} onChange={() => onRoute({ y: toggled(figure) })} />
            {figure}
          </label>
        ))}
      </fieldset>
    </div>
  );
}

const BOX = { width: 300, height: 200, left: 70, top: 24, right: 12, bottom: 34 };

function Panel({ chart, panel }: { readonly chart: SweepChart; readonly panel: SweepChart['panels'][number] }) {
  const values = panel.points.flatMap(({ value, halfWidth }) => [value - halfWidth, value + halfWidth]);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const pad = (high - low) * 0.06 || Math.abs(high) * 0.1 || 1;
  const y = (value: number) => BOX.top + (BOX.height - BOX.top - BOX.bottom) * (1 - (value - low + pad) / (high - low + 2 * pad));
  const step = (BOX.width - BOX.left - BOX.right) / Math.max(1, chart.xLabels.length);
  const x = (index: number, line: number) => BOX.left + (index + 0.5) * step + (line - (chart.lines.length - 1) / 2) * 6;
  return (
    <svg class="panel" width={BOX.width} height={BOX.height} aria-label={`${panel.figure} ${panel.title}`}>
      <text class="lane-title" x={BOX.left} y={14}>
        {panel.figure} {panel.title === '' ? '' : `· ${panel.title}`}
      </text>
      {decimalTicks(low - pad, high + pad, 5).map((value) => (
        <g key={value}>
          <line class="tick" x1={BOX.left} x2={BOX.width - BOX.right} y1={y(value)} y2={y(value)} />
          <text class="tick-text" x={BOX.left - 5} y={y(value) + 4} text-anchor="end">
            {formatFigure(value)}
          </text>
        </g>
      ))}
      {chart.xLabels.map((label, i) => (
        <text key={String(label)} class="tick-text" x={BOX.left + (i + 0.5) * step} y={BOX.height - 18} text-anchor="middle">
          {String(label)}
        </text>
      ))}
      <text class="tick-text" x={(BOX.left + BOX.width) / 2} y={BOX.height - 4} text-anchor="middle">
        {chart.x}
      </text>
      {chart.lines.map((line, i) => {
        const points = panel.points.filter((point) => point.line === i).sort((a, b) => a.x - b.x);
        return (
          <g key={line} stroke={categoryColor(i)} fill={categoryColor(i)}>
            <polyline class="line" points={points.map((point) => `${x(point.x, i)},${y(point.value)}`).join(' ')} />
            {points.map((point) => (
              <g key={point.x}>
                <line x1={x(point.x, i)} x2={x(point.x, i)} y1={y(point.value - point.halfWidth)} y2={y(point.value + point.halfWidth)} />
                <a href={`#point-${point.x}-${i}`} onClick={(event) => openPoints(event, chart, point.x, i)}>
                  <circle cx={x(point.x, i)} cy={y(point.value)} r={4}>
                    <title>{pointText(chart, point, line)}</title>
                  </circle>
                </a>
              </g>
            ))}
          </g>
        );
      })}
    </svg>
  );
}

type ChartPoint = SweepChart['panels'][number]['points'][number];

function pointText({ x, xLabels }: SweepChart, point: ChartPoint, line: string): string {
  const interval = `${formatFigure(point.value)} ± ${formatFigure(point.halfWidth)} (n = ${point.n})`;
  return `${x} ${xLabels[point.x]} ${line}: ${interval}`;
}

/** Open the run of a point of the chart; of several, or if none was kept, go to their rows. */
function openPoints(event: MouseEvent, chart: SweepChart, x: number, line: number): void {
  event.preventDefault();
  const meant = chart.points.filter((point) => belongs(chart, point, x, line));
  const runs = meant.flatMap(({ run }) => run ?? []);
  if (runs.length === 1) location.hash = hashOf({ page: 'run', run: runs[0], view: DEFAULT_VIEW });
  else if (runs.length > 1) location.hash = hashOf({ page: 'compare', runs, view: DEFAULT_VIEW });
  else document.getElementById(rowId(meant[0]))?.scrollIntoView({ block: 'center' });
}

function belongs({ axes, x: xAxis, group, xLabels, lines }: SweepChart, { labels }: SweepPoint, x: number, line: number): boolean {
  const at = (axis: string) => labels[axes.indexOf(axis)];
  return at(xAxis) === xLabels[x] && (group === '' || String(at(group)) === lines[line]);
}

function rowId(point: SweepPoint | undefined): string {
  return point === undefined ? '' : `point ${point.labels.join(' ')} ${point.seed}`;
}

function Points({ chart }: { readonly chart: SweepChart }) {
  const kept = chart.points.some(({ run }) => run !== null);
  return (
    <section aria-label="points">
      <h2>Points</h2>
      {!kept && <p class="hint">Their runs were not kept. A sweep file with `runs: keep` keeps them, and a point opens its run.</p>}
      <div class="scroll">
        <table class="figures" data-part="points">
          <thead>
            <tr>
              {[...chart.axes, 'seed', ...chart.figures].map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
              <th scope="col">run</th>
            </tr>
          </thead>
          <tbody>
            {chart.points.map((point) => (
              <tr key={rowId(point)} id={rowId(point)}>
                {[...point.labels, point.seed].map((label, i) => (
                  <td key={[...chart.axes, 'seed'][i]}>{String(label)}</td>
                ))}
                {chart.figures.map((figure) => (
                  <td key={figure} class="number">
                    {point.figures === null ? 'failed' : formatFigure(point.figures[figure] ?? null)}
                  </td>
                ))}
                <td>{point.run !== null && <a href={hashOf({ page: 'run', run: point.run, view: DEFAULT_VIEW })}>{point.run}</a>}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
