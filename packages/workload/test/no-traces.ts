/** For workloads that are no traces: `buildWorkload` never asks. */
export const noTraces = (): never => {
  throw new Error('no trace is asked for');
};
