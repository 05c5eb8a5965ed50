import { assertGroup } from '../kernel/assert-groups.js';
import { numaGroups, simulateNumaGroup, WIDEN_NUMA } from './simulated.js';

for (const group of numaGroups()) assertGroup(group, () => simulateNumaGroup(group), WIDEN_NUMA);
