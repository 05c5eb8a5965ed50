import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { SweepPoint, SweepPort } from '@damonlab/serve';
import type { Backend, SweepRecord } from '@damonlab/store';
import { axisNames, chartOf, findSweep, groupRows, nrPoints, planOf, pointRows } from '@damonlab/sweep';
import { withStore } from './store-flags.js';

/** More figures than this make a page of panels that nobody reads. */
const FIRST_FIGURES = 3;

/** The sweeps that are kept in a directory, for the dashboard. Their runs can be opened if they lie in `runsDir` or beside the store. */
export function sweepsIn(dir: string, runsDir: string): SweepPort {
  const served = [resolve(runsDir), resolve(dir, 'runs')];
  return {
    // Opening a store makes one, and looking must not.
    list: async () =>
      existsSync(join(dir, 'store.log')) ? withStore({ out: dir }, async ({ store }) => (await store.sweeps()).map(entryOf)) : [],
    chart: (name, asked) =>
      withStore({ out: dir }, async (backend) => {
        const record = await findSweep(backend.store, name, 'sweep');
        const entry = entryOf(record);
        const { x = entry.axes[0], y, group } = chosen(asked, entry.figures);
        const chart = chartOf(planOf(record), await groupRows(backend, record), { x, y, ...(group === undefined ? {} : { group }) });
        return { ...entry, ...chart, x, y, group: group ?? '', points: await pointsOf(backend, record, served) };
      }),
  };
}

function chosen({ x, y, group }: Parameters<SweepPort['chart']>[1], figures: readonly string[]) {
  return {
    ...(x === '' ? {} : { x }),
    ...(group === '' ? {} : { group }),
    y: y.length === 0 ? figures.slice(0, FIRST_FIGURES) : y,
  };
}

function entryOf(record: SweepRecord) {
  const plan = planOf(record);
  return {
    name: record.name,
    state: record.state,
    axes: axisNames(plan),
    figures: plan.figures.map(({ name }) => name),
    total: nrPoints(plan),
  };
}

async function pointsOf(backend: Backend, record: SweepRecord, served: readonly string[]): Promise<SweepPoint[]> {
  const points: SweepPoint[] = [];
  for await (const { labels, seed, outcome } of pointRows(backend, record)) {
    const run = outcome.state === 'done' ? ((await backend.store.getResult(outcome.key))?.run ?? null) : null;
    points.push({ labels, seed, figures: outcome.state === 'done' ? outcome.figures : null, run: idOf(run, served) });
  }
  return points;
}

/** The id of a run directory, if it lies where runs are served from. */
function idOf(dir: string | null, served: readonly string[]): string | null {
  return dir !== null && served.includes(dirname(resolve(dir))) ? basename(dir) : null;
}
