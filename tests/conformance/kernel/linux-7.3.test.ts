import { assertGroups } from './assert-groups.js';

assertGroups(({ kernel }) => kernel === '7.3');
