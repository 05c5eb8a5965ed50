/** Keys of damo's kdamonds files that scenarios do not have, and why: they are named in the error, never ignored. */
export const NOT_MODELLED: ReadonlyMap<string, string> = new Map([
  ['kdamonds', 'a damo kdamonds file is not a scenario: give it to a scenario with --kdamonds'],
  ['contexts', 'a kdamond has one context, described under `monitor`'],
  ['probes', 'data attributes monitoring'],
  ['sample_control', 'page-fault based sampling'],
  ['addr_unit', 'address units'],
  ['rfc_head_page', 'arming only the head page of a large folio, after a split of its PMD mapping: here a PMD mapping is armed whole'],
  ['rfc_leak_folio_refs', 'folio references that fault preparation leaks: frames have no reference counts'],
  ['refresh_ms', 'the sysfs refresh interval'],
  ['state', 'the state of a kdamond: it runs as long as the scenario'],
  ['pid', 'process ids: targets are the processes in their order'],
  ['obsolete', 'obsolete targets'],
  ['clock', 'the wall clock: time is virtual'],
]);
