import { type Run, seenBy } from '@damonlab/record';
import {
  formatBytes,
  formatCount,
  formatNs,
  formatRatio,
  renderReport,
  reports,
  type SummaryReport,
  spanOf,
  summary,
} from '@damonlab/report';
import { useMemo } from 'preact/hooks';
import type { Interval } from '../model/viewport.js';

/** The reports of the command line that make sense of a run as a whole. */
const KINDS = ['summary', ...Object.keys(reports).filter((kind) => !['summary', 'heatmap', 'access'].includes(kind))];
const COLUMNS = 110;

interface FiguresProps {
  readonly run: Run;
  readonly kdamond: number;
  readonly target: number | null;
  readonly span: Interval | null;
  readonly report: string;
  readonly onSpan: (span: Interval | null) => void;
  readonly onReport: (report: string) => void;
  /** What the heatmap shows now. */
  readonly time: Interval;
}

/** Figures of the run, or of the selected span of it: the same as `damonlab report` computes. */
export function Figures({ run, kdamond, target, span, report, onSpan, onReport, time }: FiguresProps) {
  const part = useMemo(() => (span === null ? run : spanOf(run, { startNs: span.start, endNs: span.end })), [run, span?.start, span?.end]);
  const figures = useMemo(() => tiles(summary(seenBy(part, kdamond)), target), [part, kdamond, target]);
  const text = useMemo(() => reportText(part, report, kdamond, target), [part, report, kdamond, target]);
  return (
    <section aria-label="figures" data-part="figures">
      <div class="bar">
        <h2>Figures</h2>
        <span data-part="span">{span === null ? 'of the whole run' : `from ${formatNs(span.start)} to ${formatNs(span.end)}`}</span>
        <button type="button" onClick={() => onSpan({ start: Math.round(time.start), end: Math.round(time.end) })}>
          Of the time shown
        </button>
        {span !== null && (
          <button type="button" onClick={() => onSpan(null)}>
            Of the whole run
          </button>
        )}
      </div>
      <dl class="tiles">
        {figures.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <fieldset class="choice">
        <legend>Report</legend>
        {KINDS.map((kind) => (
          <label key={kind}>
            <input type="radio" name="report" checked={kind === report} onChange={() => onReport(kind)} />
            {kind}
          </label>
        ))}
      </fieldset>
      <pre class="report" data-part="report">
        {text}
      </pre>
    </section>
  );
}

/** The first kdamond is the default, under which some reports tell of all. */
function reportText(run: Run, kind: string, kdamond: number, target: number | null): string {
  const options = { ...(kdamond === 0 ? {} : { kdamond }), ...(target === null ? {} : { target }) };
  try {
    return renderReport(kind, run, 'text', options, { color: false, width: COLUMNS });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function tiles({ duration_s, n_snap, cpu, targets }: SummaryReport, target: number | null): [string, string][] {
  const of = targets.find(({ target_id }) => target_id === target) ?? targets[0];
  const bytes = (value: number | null) => (value === null ? '-' : formatBytes(value));
  const machine: [string, string][] = [
    ['virtual time', `up to ${duration_s.toFixed(3)} s`],
    ['snapshots', formatCount(n_snap)],
    ['accesses', formatCount(cpu.accesses)],
    ['tlb_misses', formatCount(cpu.tlb_misses)],
    ['page faults', formatCount(cpu.page_faults)],
  ];
  if (of === undefined) return machine;
  return [
    ...machine,
    ['nr_regions p50', of.nr_regions.p50 === null ? '-' : formatCount(of.nr_regions.p50)],
    ['wss mean', bytes(of.wss.avg)],
    ...(of.touched === null
      ? []
      : ([
          ['truly touched', bytes(of.touched.truth)],
          ['precision', formatRatio(of.touched.prec_1)],
          ['recall', formatRatio(of.touched.rec_1)],
        ] satisfies [string, string][])),
  ];
}
