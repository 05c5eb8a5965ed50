import { assertGroup } from '../kernel/assert-groups.js';
import { schemesGroups, simulateSchemesGroup } from './simulated.js';

for (const group of schemesGroups()) assertGroup(group, () => simulateSchemesGroup(group));
