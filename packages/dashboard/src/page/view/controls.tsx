import { ATTRIBUTION_KEYS } from '@damonlab/report';
import { LAYERS, type Layer, type RunView } from '../model/route.js';
import type { Legend as LegendOf } from '../model/run-picture.js';

const NAMES: Record<Layer, string> = {
  nr_accesses: 'nr_accesses',
  age: 'age',
  truth: 'truth',
  difference: 'difference',
  who: 'who',
  who_truth: 'who, in truth',
};
const WHY_NOT: Record<Layer, string> = {
  nr_accesses: '',
  age: '',
  truth: 'the truth was not logged',
  difference: 'the truth was not logged',
  who: 'the monitor could not tell who made an access: record with --sample_primitives page_fault',
  who_truth: 'not logged, or told by other addresses than the monitored ones',
};

interface LayerChoiceProps {
  readonly view: RunView;
  readonly known: readonly Layer[];
  readonly onView: (change: Partial<RunView>) => void;
}

/** Which layer the heatmap shows. */
export function LayerChoice({ view, known, onView }: LayerChoiceProps) {
  return (
    <>
      <fieldset class="choice" data-part="layers">
        <legend>Layer</legend>
        {LAYERS.map((layer) => (
          <label key={layer} title={known.includes(layer) ? '' : WHY_NOT[layer]}>
            <input
              type="radio"
              name="layer"
              checked={view.layer === layer}
              disabled={!known.includes(layer)}
              onChange={() => onView({ layer })}
            />
            {NAMES[layer]}
          </label>
        ))}
      </fieldset>
      {(view.layer === 'who' || view.layer === 'who_truth') && (
        <fieldset class="choice" data-part="by">
          <legend>by</legend>
          {ATTRIBUTION_KEYS.map((by) => (
            <label key={by}>
              <input type="radio" name="by" checked={view.by === by} onChange={() => onView({ by })} />
              {by === 'rw' ? 'read/write' : by}
            </label>
          ))}
        </fieldset>
      )}
    </>
  );
}

export function Legend({ of }: { readonly of: LegendOf }) {
  if (of.kind === 'keys') {
    return (
      <ul class="legend" data-part="legend">
        {of.keys.map(({ name, color }) => (
          <li key={name}>
            <span class="swatch" style={{ background: color }} />
            {name}
          </li>
        ))}
      </ul>
    );
  }
  return (
    <div class="legend" data-part="legend">
      {of.from} <span class="ramp" style={{ background: `linear-gradient(to right, ${of.colors.join(', ')})` }} /> {of.to}
    </div>
  );
}
