import type { Command, ControlRequest, SweepChart, SweepEntry } from '@damonlab/dashboard';

/** How running machines are reached. */
export interface ControlPort {
  /** What the machine of a run directory may be asked for; none if it cannot be reached or has ended. */
  commandsOf(dir: string): Promise<readonly Command[]>;
  /** Resolves when the machine has done it. UserError: it cannot or will not. */
  send(dir: string, request: ControlRequest): Promise<void>;
}

/** Nobody takes commands. */
export const NO_CONTROL: ControlPort = {
  commandsOf: async () => [],
  send: async () => undefined,
};

/** Where sweeps are looked up. */
export interface SweepPort {
  list(): Promise<readonly SweepEntry[]>;
  /** What is left out of `asked` is chosen by the port. UserError: no such sweep, axis or figure. */
  chart(name: string, asked: { readonly x: string; readonly group: string; readonly y: readonly string[] }): Promise<SweepChart>;
}

export const NO_SWEEPS: SweepPort = {
  list: async () => [],
  chart: async (name) => {
    throw new Error(`no sweep ${name}`);
  },
};
