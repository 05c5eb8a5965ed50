import type { TraceInfo } from '@damonlab/trace';
import { formatBytes, formatCount } from '../format.js';
import { escapeXml, short } from '../xml.js';

const WIDTH = 760;
const PLOT = { width: 310, height: 220, top: 90 };
const LEFT = [56, 430] as const;
const MATRIX_TOP = PLOT.top + PLOT.height + 90;
const MATRIX_LEFT = 120;
const MATRIX_WIDTH = 560;
const CELL_MAX = 40;
const LINE = '#2f6fb5';

/** Both curves of a trace, and what its threads share. */
export function traceInfoSvg(info: TraceInfo): string {
  const n = info.threads.length;
  const cell = Math.min(CELL_MAX, MATRIX_WIDTH / Math.max(1, n));
  const height = MATRIX_TOP + n * cell + 40;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${short(height)}" width="${WIDTH}" height="${short(height)}"` +
      ' font-family="sans-serif" font-size="12">',
    `<title>${escapeXml(info.command)}</title>`,
    `<rect width="${WIDTH}" height="${short(height)}" fill="#ffffff"/>`,
    ...heading(info),
    ...reuseCurve(info),
    ...popularityCurve(info),
    ...matrix(info, cell),
    '</svg>\n',
  ].join('\n');
}

function heading(info: TraceInfo): string[] {
  const accesses = formatCount(info.reads + info.writes);
  const writes = `${(100 * info.write_ratio).toFixed(1)} % writes`;
  const facts = `${info.threads.length} threads, ${accesses} accesses, ${writes}, ${formatBytes(info.footprint_bytes)}`;
  return [
    `<text x="24" y="28" font-size="16" fill="#222222">${escapeXml(info.command.slice(0, 90))}</text>`,
    `<text x="24" y="48" fill="#666666">${facts}</text>`,
  ];
}

type Point = readonly [x: number, y: number];

/** A frame with a curve of points in [0, 1], and what its x axis says. */
function plot(left: number, title: string, points: readonly Point[], labels: readonly (readonly [x: number, text: string])[]): string[] {
  const { width, height, top } = PLOT;
  const at = ([x, y]: Point) => `${short(left + x * width)} ${short(top + (1 - y) * height)}`;
  const grid = [0, 0.25, 0.5, 0.75, 1].map((y) => {
    const line = `<path d="M${at([0, y])}L${at([1, y])}" stroke="#e6e6e6"/>`;
    return `${line}<text x="${left - 6}" y="${short(top + (1 - y) * height + 4)}" text-anchor="end" fill="#666666">${100 * y} %</text>`;
  });
  const bottom = top + height + 18;
  const ticks = labels.map(([x, text]) => {
    return `<text x="${short(left + x * width)}" y="${bottom}" text-anchor="middle" fill="#666666">${text}</text>`;
  });
  const curve = `<path d="M${points.map(at).join('L')}" fill="none" stroke="${LINE}" stroke-width="2"/>`;
  return [`<text x="${left}" y="${top - 12}" font-weight="bold" fill="#222222">${title}</text>`, ...grid, ...ticks, curve];
}

function reuseCurve({ reuse }: TraceInfo): string[] {
  const last = Math.max(1, reuse.length - 1);
  const points = reuse.map(({ share }, i): Point => [i / last, share]);
  const every = Math.ceil(reuse.length / 4);
  const labels = reuse.flatMap(({ bytes }, i) => (i % every === 0 ? [[i / last, formatBytes(bytes)] as const] : []));
  return plot(LEFT[0], 'touches that an LRU memory of this size holds', points, labels);
}

function popularityCurve({ popularity }: TraceInfo): string[] {
  const points: Point[] = [[0, 0], ...popularity.map(({ pages_share, accesses_share }): Point => [pages_share, accesses_share])];
  const labels = [0, 0.25, 0.5, 0.75, 1].map((x) => [x, `${100 * x} %`] as const);
  return plot(LEFT[1], 'accesses to the most accessed pages', points, labels);
}

function matrix({ sharing_bytes: bytes }: TraceInfo, cell: number): string[] {
  const most = Math.max(1, ...bytes.flat());
  const title = `<text x="24" y="${MATRIX_TOP - 14}" font-weight="bold" fill="#222222">memory that two threads both touch</text>`;
  const cells = bytes.flatMap((row, y) =>
    row.map((shared, x) => {
      const size = short(cell);
      const place = `x="${short(MATRIX_LEFT + x * cell)}" y="${short(MATRIX_TOP + y * cell)}" width="${size}" height="${size}"`;
      const opacity = `fill="${LINE}" fill-opacity="${short(shared / most)}"`;
      return `<rect ${place} ${opacity}><title>threads ${y} and ${x}: ${formatBytes(shared)}</title></rect>`;
    }),
  );
  const names = bytes.map((_, i) => {
    const y = short(MATRIX_TOP + (i + 0.5) * cell + 4);
    return cell < 12 ? '' : `<text x="${MATRIX_LEFT - 8}" y="${y}" text-anchor="end" fill="#444444">thread ${i}</text>`;
  });
  return [title, ...cells, ...names];
}
