/** Keys of damo's kdamonds files that scenarios do not have, and why: they are named in the error, never ignored. */
export const NOT_MODELLED: ReadonlyMap<string, string> = new Map([
  ['kdamonds', 'a damo kdamonds file is not a scenario: a scenario has one kdamond, described under `monitor`'],
  ['contexts', 'a kdamond has one context, described under `monitor`'],
  ['schemes', 'DAMOS'],
  ['probes', 'data attributes monitoring'],
  ['sample_control', 'page-fault based sampling'],
  ['addr_unit', 'address units'],
  ['pause', 'pausing a context'],
  ['refresh_ms', 'the sysfs refresh interval'],
  ['state', 'the state of a kdamond: it runs as long as the scenario'],
  ['pid', 'process ids: targets are the processes in their order'],
  ['obsolete', 'obsolete targets'],
  ['clock', 'the wall clock: time is virtual'],
]);

/** The same for values, by key and value. */
export const NOT_MODELLED_VALUES: ReadonlyMap<string, string> = new Map([
  ['ops=paddr', 'the paddr operations set (physical addresses)'],
  ['thp=madvise', 'huge pages by madvise'],
]);
