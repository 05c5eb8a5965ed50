import type { AddrRange } from '@damonlab/base';
import type { Run } from '@damonlab/record';
import type { AttributionBy } from './attribution/keys.js';

/** What the user may ask of a report; each report takes what concerns it. */
export interface ReportOptions {
  /** Which kdamond saw it, from 0; default: the first one. */
  readonly kdamond?: number;
  /** Monitoring target; default: the first one. */
  readonly target?: number;
  /** attribution: by what accesses are told apart, default thread. */
  readonly by?: AttributionBy;
  /** heatmap: number of time steps. */
  readonly rows?: number;
  /** heatmap: number of address steps. */
  readonly cols?: number;
  /** heatmap: the contiguous monitored range with the most accesses per byte (default), every contiguous range, or a given one. */
  readonly range?: 'hottest' | 'all' | AddrRange;
  /** heatmap: virtual ns; default: all. */
  readonly time?: { readonly startNs: number; readonly endNs: number };
  /** access: which snapshot of the target, from 0; negative counts from the last, which is the default. */
  readonly snapshot?: number;
  /** wss: smallest nr_accesses that makes a region part of the working set, default 1. */
  readonly accThres?: number;
  /** wss, nr_regions: default 0, 25, 50, 75, 100. */
  readonly percentiles?: readonly number[];
  /** wss, nr_regions: percentiles of the values by their size (default), or points of the run time. */
  readonly sortBy?: 'size' | 'time';
  /** wss, nr_regions: leave out so many first snapshots (damo leaves out 20), default 0. */
  readonly skip?: number;
}

export interface TextStyle {
  /** Use ANSI colours. */
  readonly color: boolean;
  /** Columns of the terminal. */
  readonly width: number;
}

/** A report: data first, then its faces. */
export interface Report<Data> {
  /** UserError: options that do not fit the run. */
  compute(run: Run, options?: ReportOptions): Data;
  text(data: Data, style: TextStyle): string;
  /** Plain JSON data. */
  json(data: Data): object;
  csv(data: Data): string;
  svg?(data: Data): string;
}
