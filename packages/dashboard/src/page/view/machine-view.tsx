import type { Run } from '@damonlab/record';
import { formatBytes, formatCount, formatNs, machineAt } from '@damonlab/report';
import { useMemo } from 'preact/hooks';
import { categoryColor } from '../model/pictures.js';

const BAR = 180;

/** Nodes, CPUs, threads, and where their pages are, at one time. */
export function MachineView({ run, ns }: { readonly run: Run; readonly ns: number }) {
  const machine = useMemo(() => machineAt(run, ns), [run, ns]);
  if (machine === null) return <p>The run does not say what machine it ran on.</p>;
  return (
    <div class="machine" data-part="machine">
      <p class="hint">At {formatNs(ns)}, where the crosshair stands; without one, at the end.</p>
      <div class="nodes">
        {machine.nodes.map(({ nid, memory, cpus }) => (
          <section key={nid} class="node" aria-label={`node ${nid}`}>
            <h3 style={{ borderColor: categoryColor(nid) }}>
              node {nid} <small>{memory > 0 ? formatBytes(memory) : ''}</small>
            </h3>
            <ul>
              {cpus.map(({ cpu, busy, threads }) => (
                <li key={cpu} class={threads.length === 0 ? 'idle' : ''}>
                  <span class="cpu">cpu {cpu}</span>
                  <span class="threads">{threads.map((tid) => `thread ${tid}`).join(', ') || '–'}</span>
                  <span class="busy">{busy === null ? '' : `${Math.round(100 * busy)} %`}</span>
                </li>
              ))}
            </ul>
          </section>
        ))}
      </div>
      {machine.regions.length > 0 && (
        <table class="pages">
          <caption>Pages by node</caption>
          <tbody>
            {machine.regions.map(({ target_id, name, pages }) => (
              <tr key={`${target_id} ${name}`}>
                <th scope="row">{name}</th>
                <td>
                  <PagesBar pages={pages} />
                </td>
                <td>{pages.map((count, nid) => `${formatCount(count)} on ${nid}`).join(', ')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}

function PagesBar({ pages }: { readonly pages: readonly number[] }) {
  const sum = pages.reduce((a, b) => a + b, 0) || 1;
  let x = 0;
  return (
    <svg width={BAR} height={12} aria-hidden="true">
      {pages.map((count, nid) => {
        const width = (count / sum) * BAR;
        const rect = <rect key={nid} x={x} width={width} height={12} fill={categoryColor(nid)} />;
        x += width;
        return rect;
      })}
    </svg>
  );
}
