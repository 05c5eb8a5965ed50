import { ATTRIBUTION_KEYS, type AttributionBy, HEAT_LAYERS, type HeatLayer } from '@damonlab/report';
import type { Interval } from './viewport.js';

/** What the heatmap is coloured by: heat, or who made the accesses by DAMON's reports (`who`) or in truth (`who_truth`). */
export const LAYERS = [...HEAT_LAYERS, 'who', 'who_truth'] as const;
export type Layer = HeatLayer | 'who' | 'who_truth';

/** All that decides what a run page shows. */
export interface RunView {
  /** By its number from 0. */
  readonly kdamond: number;
  /** Null: the first one. */
  readonly target: number | null;
  /** Null: all. */
  readonly time: Interval | null;
  /** Null: the contiguous range with the most accesses per byte. */
  readonly addr: Interval | null;
  readonly layer: Layer;
  readonly by: AttributionBy;
  readonly borders: boolean;
  /** Figures are for this span; null: for the whole run. */
  readonly span: Interval | null;
  /** Kind of report that stands in full below the figures. */
  readonly report: string;
}

export const DEFAULT_VIEW: RunView = {
  kdamond: 0,
  target: null,
  time: null,
  addr: null,
  layer: 'nr_accesses',
  by: 'thread',
  borders: true,
  span: null,
  report: 'summary',
};

/** Which page, of what. Everything that is shown is in it, and it is in the URL. */
export type Route =
  | { readonly page: 'runs'; readonly filter: string; readonly sort: string }
  | { readonly page: 'run'; readonly run: string; readonly view: RunView }
  | { readonly page: 'compare'; readonly runs: readonly string[]; readonly view: RunView }
  | { readonly page: 'sweeps' }
  | { readonly page: 'sweep'; readonly sweep: string; readonly x: string; readonly group: string; readonly y: readonly string[] };

/** The route of a URL's hash; what it does not say or says wrongly is the default. */
export function routeOf(hash: string): Route {
  const [path, query = ''] = hash.replace(/^#\/?/, '').split('?');
  const params = new URLSearchParams(query);
  const [page, name = ''] = path.split('/').map(decoded);
  if (page === 'run' && name !== '') return { page, run: name, view: viewOf(params) };
  if (page === 'compare') return { page, runs: params.getAll('run'), view: viewOf(params) };
  if (page === 'sweeps') return { page };
  if (page === 'sweep' && name !== '') {
    return { page, sweep: name, x: params.get('x') ?? '', group: params.get('group') ?? '', y: params.getAll('y') };
  }
  return { page: 'runs', filter: params.get('filter') ?? '', sort: params.get('sort') ?? 'time' };
}

export function hashOf(route: Route): string {
  switch (route.page) {
    case 'runs':
      return withQuery('#/', [
        ['filter', route.filter],
        ['sort', route.sort === 'time' ? '' : route.sort],
      ]);
    case 'run':
      return withQuery(`#/run/${encodeURIComponent(route.run)}`, viewPairs(route.view));
    case 'compare':
      return withQuery('#/compare', [...route.runs.map((run): Pair => ['run', run]), ...viewPairs(route.view)]);
    case 'sweeps':
      return '#/sweeps';
    case 'sweep':
      return withQuery(`#/sweep/${encodeURIComponent(route.sweep)}`, [
        ['x', route.x],
        ['group', route.group],
        ...route.y.map((figure): Pair => ['y', figure]),
      ]);
  }
}

type Pair = [key: string, value: string];

function withQuery(path: string, pairs: readonly Pair[]): string {
  const query = new URLSearchParams(pairs.filter(([, value]) => value !== '')).toString();
  return query === '' ? path : `${path}?${query}`;
}

function viewOf(params: URLSearchParams): RunView {
  return {
    kdamond: wholeIn(params.get('kdamond')) ?? 0,
    target: wholeIn(params.get('target')),
    time: intervalIn(params.get('time')),
    addr: intervalIn(params.get('addr')),
    layer: LAYERS.find((layer) => layer === params.get('layer')) ?? DEFAULT_VIEW.layer,
    by: ATTRIBUTION_KEYS.find((key) => key === params.get('by')) ?? DEFAULT_VIEW.by,
    borders: params.get('borders') !== 'off',
    span: intervalIn(params.get('span')),
    report: params.get('report') ?? DEFAULT_VIEW.report,
  };
}

function viewPairs(view: RunView): Pair[] {
  const unlessDefault = (key: 'layer' | 'by' | 'report'): Pair => [key, view[key] === DEFAULT_VIEW[key] ? '' : view[key]];
  return [
    ['kdamond', view.kdamond === 0 ? '' : String(view.kdamond)],
    ['target', view.target === null ? '' : String(view.target)],
    ['time', intervalText(view.time)],
    ['addr', intervalText(view.addr, 16)],
    unlessDefault('layer'),
    unlessDefault('by'),
    ['borders', view.borders ? '' : 'off'],
    ['span', intervalText(view.span)],
    unlessDefault('report'),
  ];
}

function wholeIn(text: string | null): number | null {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null;
}

function intervalIn(text: string | null): Interval | null {
  const match = /^(0x[0-9a-f]{1,16}|\d{1,17})-(0x[0-9a-f]{1,16}|\d{1,17})$/.exec(text ?? '');
  if (match === null) return null;
  const [start, end] = [Number(match[1]), Number(match[2])];
  return start < end ? { start, end } : null;
}

function intervalText(interval: Interval | null, radix: 10 | 16 = 10): string {
  if (interval === null) return '';
  const text = (value: number) => `${radix === 16 ? '0x' : ''}${Math.round(value).toString(radix)}`;
  return `${text(interval.start)}-${text(interval.end)}`;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return '';
  }
}
