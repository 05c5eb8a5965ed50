import { assertGroups } from './assert-groups.js';

assertGroups(({ kernel, setup }) => kernel === '6.12' && setup.workload !== 'sparse-8g');
