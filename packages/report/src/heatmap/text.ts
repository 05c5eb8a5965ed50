import { HEAT_LEVELS, heatDigits, heatLevel } from '../colors.js';
import { type CsvValue, formatAddr, formatBytes, formatCsv, formatFigure, formatNs } from '../format.js';
import type { TextStyle } from '../report.js';
import { type HeatMap, maxHeat } from './grid.js';
import type { HeatmapReport } from './heatmap.js';

/** One line per time step, one digit per address step, then the legend. */
export function heatmapText(report: HeatmapReport, style: TextStyle): string {
  return report.maps.map((map) => `${mapText(map, report.unit, style.color)}\n`).join('\n');
}

function mapText(map: HeatMap, unit: string, color: boolean): string {
  const max = maxHeat(map);
  const lines: string[] = [];
  for (let row = 0; row < map.rows; row++) {
    const heats = map.heat.subarray(row * map.cols, (row + 1) * map.cols);
    lines.push(
      heatDigits(
        Int8Array.from(heats, (heat) => heatLevel(heat, max)),
        color,
      ),
    );
  }
  const scale = heatDigits(
    Array.from({ length: HEAT_LEVELS }, (_, level) => level),
    color,
  );
  const addrBytes = map.addr.end - map.addr.start;
  const ns = map.endNs - map.startNs;
  lines.push(
    `# access_frequency: ${scale} (0-${formatFigure(max)} ${unit})`,
    `# x-axis: space [${formatAddr(map.addr.start)}, ${formatAddr(map.addr.end)}) (${formatBytes(addrBytes)})`,
    `# y-axis: time [${formatNs(map.startNs)}, ${formatNs(map.endNs)}) (${formatNs(ns)})`,
    `# resolution: ${map.cols}x${map.rows} (${formatBytes(addrBytes / map.cols)} and ${formatNs(Math.round(ns / map.rows))} each)`,
  );
  return lines.join('\n');
}

export function heatmapJson(report: HeatmapReport): object {
  const { name, target, unit, maps } = report;
  return {
    name,
    target_id: target,
    unit,
    maps: maps.map(({ startNs, endNs, addr, rows, cols, heat }) => ({
      time_ns: [startNs, endNs],
      addr: [addr.start, addr.end],
      resolution: [rows, cols],
      heat: Array.from({ length: rows }, (_, row) =>
        Array.from(heat.subarray(row * cols, (row + 1) * cols), (h) => (Number.isNaN(h) ? null : h)),
      ),
    })),
  };
}

/** One line per pixel: start of its time and address step, and its heat (empty: not monitored). */
export function heatmapCsv(report: HeatmapReport): string {
  return formatCsv(['time_ns', 'addr', `heat_${report.unit}`], pixels(report));
}

function* pixels({ maps }: HeatmapReport): Generator<CsvValue[]> {
  for (const { startNs, endNs, addr, rows, cols, heat } of maps) {
    for (let i = 0; i < heat.length; i++) {
      const time = startNs + Math.floor(i / cols) * ((endNs - startNs) / rows);
      const start = addr.start + (i % cols) * ((addr.end - addr.start) / cols);
      yield [Math.round(time), Math.round(start), Number.isNaN(heat[i]) ? null : heat[i]];
    }
  }
}
