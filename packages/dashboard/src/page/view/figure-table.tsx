import type { Run } from '@damonlab/record';
import { formatNs } from '@damonlab/report';
import { useMemo } from 'preact/hooks';
import { figureTable, scenarioDiff } from '../model/comparison.js';
import type { Interval } from '../model/viewport.js';

interface Compared {
  readonly ids: readonly string[];
  readonly runs: readonly Run[];
}

export function FigureTable({ ids, runs, span }: Compared & { readonly span: Interval | null }) {
  const { columns, rows } = useMemo(() => figureTable(ids, runs), [ids, runs]);
  const several = columns.some(({ n }) => n > 1);
  return (
    <section aria-label="figures">
      <h2>Figures {span === null ? '' : `from ${formatNs(span.start)} to ${formatNs(span.end)}`}</h2>
      {several && <p class="hint">Runs of one scenario with several seeds: mean ± half the 95 % confidence interval (Student's t).</p>}
      <div class="scroll">
        <table class="figures" data-part="figures">
          <thead>
            <tr>
              <th scope="col">figure</th>
              {columns.map(({ title, n }) => (
                <th key={title} scope="col" class="number">
                  {title}
                  {n > 1 ? ` (${n} seeds)` : ''}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ name, cells }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                {cells.map((cell, i) => (
                  <td key={columns[i].title} class="number">
                    {cell}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

export function ScenarioDiff({ ids, runs }: Compared) {
  const rows = useMemo(() => scenarioDiff(runs), [runs]);
  return (
    <section aria-label="scenarios">
      <h2>Where the scenarios differ</h2>
      {rows.length === 0 ? (
        <p>Nowhere: it is the same run.</p>
      ) : (
        <div class="scroll">
          <table class="figures" data-part="scenarios">
            <thead>
              <tr>
                <th scope="col">key</th>
                {ids.map((id) => (
                  <th key={id} scope="col">
                    {id}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map(({ key, values }) => (
                <tr key={key}>
                  <th scope="row">{key}</th>
                  {values.map((value, i) => (
                    <td key={ids[i]}>{value}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
