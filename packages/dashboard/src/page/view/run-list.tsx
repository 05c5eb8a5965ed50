import { formatBytes, formatCount, formatRatio } from '@damonlab/report';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { RunEntry, RunPicture } from '../../api.js';
import { apiPath, getJson } from '../data/client.js';
import type { Loaded } from '../data/use-run.js';
import { heatColor } from '../model/pictures.js';
import { DEFAULT_VIEW, hashOf } from '../model/route.js';
import { go, replace } from './router.js';
import { Empty, Shown } from './states.js';
import { useTheme } from './theme.js';

interface Column {
  readonly id: string;
  readonly title: string;
  readonly text: (run: RunEntry) => string;
  readonly key: (run: RunEntry) => number | string;
  readonly number?: true;
}

const unknownLast = (value: number | null) => (value === null ? Number.NEGATIVE_INFINITY : value);
const known = (value: number | null, text: (value: number) => string) => (value === null ? '–' : text(value));

const COLUMNS: readonly Column[] = [
  { id: 'name', title: 'name', text: ({ name }) => name, key: ({ name }) => name },
  {
    id: 'state',
    title: 'state',
    text: ({ live, state }) => (live ? 'running' : state === 'running' ? 'killed' : state),
    key: ({ live, state }) => (live ? '' : state),
  },
  { id: 'scenario', title: 'scenario', text: ({ scenario }) => scenario, key: ({ scenario }) => scenario },
  { id: 'seed', title: 'seed', text: ({ seed }) => String(seed ?? '–'), key: ({ seed }) => unknownLast(seed), number: true },
  {
    id: 'time',
    title: 'changed',
    text: ({ changedMs }) => new Date(changedMs).toLocaleString(),
    key: ({ changedMs }) => changedMs,
    number: true,
  },
  figure('virtual_s', 'virtual time', (value) => `${value.toFixed(2)} s`),
  figure('accesses', 'accesses', formatCount),
  figure('nr_regions', 'nr_regions', formatCount),
  figure('wss', 'wss', formatBytes),
  figure('precision', 'precision', formatRatio),
  figure('recall', 'recall', formatRatio),
];

function figure(id: keyof RunEntry['figures'], title: string, text: (value: number) => string): Column {
  return { id, title, text: ({ figures }) => known(figures[id], text), key: ({ figures }) => unknownLast(figures[id]), number: true };
}

/** Rows that are in the page at a time: more are shown on request, so that thousands of runs stay quick. */
const STEP = 100;

/** All runs of the served directory. */
export function RunList({ filter, sort }: { readonly filter: string; readonly sort: string }) {
  const loaded = useRuns();
  return (
    <Shown of={loaded} what="runs">
      {(runs) =>
        runs.length === 0 ? (
          <Empty title="No runs yet">
            <p>Make one, and it appears here by itself:</p>
            <pre>npx damonlab run stairs-demo</pre>
          </Empty>
        ) : (
          <RunTable runs={runs} filter={filter} sort={sort} />
        )
      }
    </Shown>
  );
}

/** The list, again whenever the server says that something has changed. */
function useRuns(): Loaded<readonly RunEntry[]> {
  const [loaded, setLoaded] = useState<Loaded<readonly RunEntry[]>>({ state: 'loading' });
  useEffect(() => {
    const load = () =>
      getJson<{ runs: RunEntry[] }>('/api/runs').then(
        ({ runs }) => setLoaded({ state: 'ready', value: runs }),
        (error) => setLoaded({ state: 'failed', error }),
      );
    load();
    const events = new EventSource('/api/events');
    events.onmessage = load;
    return () => events.close();
  }, []);
  return loaded;
}

function RunTable({ runs, filter, sort }: { readonly runs: readonly RunEntry[]; readonly filter: string; readonly sort: string }) {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [most, setMost] = useState(STEP);
  const shown = useMemo(
    () =>
      sorted(
        runs.filter((run) => matches(run, filter)),
        sort,
      ),
    [runs, filter, sort],
  );
  const toggle = (id: string) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
  };
  return (
    <section aria-label="runs">
      <div class="bar">
        <h1>Runs</h1>
        <label>
          filter{' '}
          <input
            type="search"
            value={filter}
            placeholder="name, scenario, state"
            onInput={(event) => replace({ page: 'runs', filter: event.currentTarget.value, sort })}
          />
        </label>
        <span data-part="count">
          {shown.length} of {runs.length}
        </span>
        <button type="button" disabled={chosen.size < 2} onClick={() => go({ page: 'compare', runs: [...chosen], view: DEFAULT_VIEW })}>
          Compare {chosen.size > 1 ? chosen.size : ''}
        </button>
      </div>
      <div class="scroll">
        <table class="runs">
          <thead>
            <tr>
              <th scope="col">
                <span class="hidden">compare</span>
              </th>
              <th scope="col">
                <span class="hidden">heatmap</span>
              </th>
              {COLUMNS.map((column) => (
                <Heading key={column.id} column={column} sort={sort} onSort={(id) => replace({ page: 'runs', filter, sort: id })} />
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.slice(0, most).map((run) => (
              <Row key={run.id} run={run} chosen={chosen.has(run.id)} onChoose={() => toggle(run.id)} />
            ))}
          </tbody>
        </table>
      </div>
      {shown.length > most && (
        <button type="button" onClick={() => setMost(most + STEP)}>
          {shown.length - most} more
        </button>
      )}
    </section>
  );
}

interface HeadingProps {
  readonly column: Column;
  readonly sort: string;
  readonly onSort: (id: string) => void;
}

function Heading({ column: { id, title, number }, sort, onSort }: HeadingProps) {
  const order = sort === id ? (number ? 'descending' : 'ascending') : sort === `-${id}` ? (number ? 'ascending' : 'descending') : 'none';
  return (
    <th scope="col" aria-sort={order} class={number ? 'number' : ''}>
      <button type="button" onClick={() => onSort(sort === id ? `-${id}` : id)}>
        {title}
        {order === 'none' ? '' : order === 'ascending' ? ' ▲' : ' ▼'}
      </button>
    </th>
  );
}

function Row({ run, chosen, onChoose }: { readonly run: RunEntry; readonly chosen: boolean; readonly onChoose: () => void }) {
  const href = hashOf({ page: 'run', run: run.id, view: DEFAULT_VIEW });
  return (
    <tr class={run.live ? 'live' : run.state} data-run={run.id}>
      <td>
        <input type="checkbox" aria-label={`compare ${run.id}`} checked={chosen} disabled={run.problem !== null} onChange={onChoose} />
      </td>
      <td>{run.problem === null && <SmallHeatmap id={run.id} changedMs={run.changedMs} />}</td>
      {COLUMNS.map(({ id, text, number }) => (
        <td key={id} class={number ? 'number' : ''}>
          {id === 'name' && run.problem === null ? (
            <a href={href}>{text(run)}</a>
          ) : id === 'state' && run.problem !== null ? (
            <Problem of={run} />
          ) : (
            text(run)
          )}
        </td>
      ))}
    </tr>
  );
}

function Problem({ of }: { readonly of: RunEntry }) {
  return (
    <details>
      <summary>unreadable</summary>
      <pre>{of.problem}</pre>
    </details>
  );
}

/** The run in little, once it comes into sight. */
function SmallHeatmap({ id, changedMs }: { readonly id: string; readonly changedMs: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [picture, setPicture] = useState<RunPicture | null>(null);
  const { theme } = useTheme();
  useEffect(() => {
    const controller = new AbortController();
    const observer = new IntersectionObserver(([entry]) => {
      if (!entry.isIntersecting) return;
      observer.disconnect();
      // A run without a heatmap has no picture either.
      getJson<RunPicture>(apiPath('runs', id, 'picture'), controller.signal).then(setPicture, () => undefined);
    });
    if (canvas.current !== null) observer.observe(canvas.current);
    return () => {
      observer.disconnect();
      controller.abort();
    };
  }, [id, changedMs]);
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (picture === null || context == null) return;
    const { rows, cols, heat } = picture;
    context.clearRect(0, 0, rows, cols);
    for (let i = 0; i < heat.length; i++) {
      if (heat[i] === '-') continue;
      context.fillStyle = heatColor(Number.parseInt(heat[i], 16) / 15, theme);
      context.fillRect(Math.floor(i / cols), cols - 1 - (i % cols), 1, 1);
    }
  }, [picture, theme]);
  return <canvas ref={canvas} class="small" width={picture?.rows ?? 64} height={picture?.cols ?? 24} aria-label={`heatmap of ${id}`} />;
}

function matches(run: RunEntry, filter: string): boolean {
  const text = COLUMNS.slice(0, 4)
    .map((column) => column.text(run))
    .join(' ')
    .toLowerCase();
  return filter
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

function sorted(runs: readonly RunEntry[], sort: string): RunEntry[] {
  const column = COLUMNS.find(({ id }) => id === sort.replace(/^-/, '')) ?? COLUMNS[4];
  const sign = (column.number ? -1 : 1) * (sort.startsWith('-') ? -1 : 1);
  return [...runs].sort((a, b) => {
    const [x, y] = [column.key(a), column.key(b)];
    return sign * (x < y ? -1 : x > y ? 1 : 0) || (a.id < b.id ? -1 : 1);
  });
}
