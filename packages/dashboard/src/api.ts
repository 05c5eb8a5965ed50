import type { Manifest } from '@damonlab/record';

/** What the server tells the page, as JSON under `/api`. */

/** `GET /api/runs`: every directory that is a run or claims to be one. */
export interface RunEntry {
  /** Name of its directory. */
  readonly id: string;
  readonly name: string;
  /** `unreadable`: then `problem` says why. */
  readonly state: Manifest['state'] | 'unreadable';
  /** It is still growing. */
  readonly live: boolean;
  readonly problem: string | null;
  readonly kernel: string;
  readonly seed: number | null;
  /** File of the scenario; empty if unknown. */
  readonly scenario: string;
  /** When the manifest last changed, ms since 1970. */
  readonly changedMs: number;
  readonly figures: RunFigures;
}

/** Of the first target; null: not known (yet). */
export interface RunFigures {
  readonly virtual_s: number | null;
  readonly accesses: number | null;
  readonly nr_regions: number | null;
  readonly wss: number | null;
  readonly precision: number | null;
  readonly recall: number | null;
}

/** `GET /api/runs/ID`. Its bytes are those of a journal, `GET /api/runs/ID/journal?from=BYTES`. */
export interface RunInfo {
  readonly manifest: Manifest;
  readonly live: boolean;
  /** What may be asked of the running machine by who has the token; none of a finished one. */
  readonly commands: readonly Command[];
}

/** Events of `GET /api/runs/ID/events`: how long the journal has become. The newest is the only one that counts. */
export interface RunEvent {
  readonly bytes: number;
  readonly live: boolean;
}

/** `GET /api/runs/ID/picture`: a small heatmap, `heat` as hexadecimal digits, row (time) after row; `-` is unknown. */
export interface RunPicture {
  readonly rows: number;
  readonly cols: number;
  readonly heat: string;
}

export const COMMANDS = ['pause', 'resume', 'handover', 'commit'] as const;
export type Command = (typeof COMMANDS)[number];

/** `POST /api/runs/ID/control`. `handover` takes `to`, a user of hinting faults; `commit` takes `attrs`, DAMON attributes to change. */
export interface ControlRequest {
  readonly command: Command;
  readonly to?: string;
  readonly attrs?: Readonly<Record<string, number>>;
}

/** `GET /api/sweeps`. */
export interface SweepEntry {
  readonly name: string;
  readonly state: string;
  readonly axes: readonly string[];
  readonly figures: readonly string[];
  readonly total: number;
}

/** `GET /api/sweeps/NAME?x=AXIS&y=FIGURE&group=AXIS`: small multiples, a panel for each figure and combination of the other axes. */
export interface SweepChart extends SweepEntry {
  readonly x: string;
  readonly group: string;
  readonly y: readonly string[];
  readonly xLabels: readonly Label[];
  /** Values of the group's axis; one that is empty without a group. */
  readonly lines: readonly string[];
  readonly panels: readonly {
    readonly figure: string;
    readonly title: string;
    /** `x` and `line` are indexes; `halfWidth` is half the confidence interval over `n` seeds. */
    readonly points: readonly {
      readonly x: number;
      readonly line: number;
      readonly value: number;
      readonly halfWidth: number;
      readonly n: number;
    }[];
  }[];
  readonly points: readonly SweepPoint[];
}

export type Label = string | number | boolean;

/** A point that has ended. */
export interface SweepPoint {
  /** In the order of the axes. */
  readonly labels: readonly Label[];
  readonly seed: number;
  /** Null: the point failed. */
  readonly figures: Readonly<Record<string, number | null>> | null;
  /** Id of its run among those that are served; null: it was not kept there. */
  readonly run: string | null;
}

/** Any answer with a status from 400 on. */
export interface ApiProblem {
  readonly problem: string;
}
