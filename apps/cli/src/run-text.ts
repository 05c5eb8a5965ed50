import { openRun, type Run } from '@damonlab/record';
import { reports, type TextStyle } from '@damonlab/report';

/** A small picture: the whole of it is to fit on a screen with the figures. */
const HEATMAP_ROWS = 16;
const HEATMAP_COLS = 80;

/** What a user wants to see of a run that has just ended: its figures, a small heatmap, and what to ask next. */
export async function runText(dir: string, style: TextStyle): Promise<string> {
  const run = await openRun(dir);
  const parts = [reports.summary.text(reports.summary.compute(run), style)];
  if (run.snapshots.length > 0) {
    const options = { rows: HEATMAP_ROWS, cols: Math.min(HEATMAP_COLS, style.width) };
    parts.push(reports.heatmap.text(reports.heatmap.compute(run, options), style));
  }
  parts.push(nextCommands(run, dir, style.width));
  return `${parts.map((part) => part.trimEnd()).join('\n\n')}\n`;
}

function nextCommands(run: Run, dir: string, width: number): string {
  const place = `The run is in ${dir}`;
  if (run.snapshots.length === 0) return place;
  const lines = [
    [`npx damonlab report heatmap ${dir}`, 'the whole picture'],
    [`npx damonlab report wss ${dir}`, 'working set size'],
    ...(run.truth.length > 0 ? [[`npx damonlab report accuracy ${dir}`, 'how close to the truth']] : []),
    [`damo report heatmap --input ${dir}/damon.data`, 'the same by damo'],
  ];
  const longest = Math.max(...lines.map(([command]) => command.length));
  const room = Math.max(...lines.map(([, what]) => longest + what.length + '    # '.length));
  const line = ([command, what]: string[]) => (room > width ? `  ${command}` : `  ${command.padEnd(longest)}  # ${what}`);
  return [`${place}; next:`, ...lines.map(line)].join('\n');
}
